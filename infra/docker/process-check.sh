#!/bin/sh
# Healthy: the service's process is there and neither stopped nor a zombie.
#
# It asks no more than that on purpose. While Redis is away a service waits for it and then goes on; something
# that restarts unhealthy containers would turn the pause into lost work. Whether a worker does its part is
# decided by its lease, and shown by GET /health of the api.
set -eu
for cmdline in /proc/[0-9]*/cmdline; do
  if tr '\0' ' ' <"$cmdline" 2>/dev/null | grep -q '^node .*dist/main[.]js $'; then
    grep -Eq '^State:[[:space:]]+[RSDI]' "${cmdline%cmdline}status" && exit 0
  fi
done
exit 1
