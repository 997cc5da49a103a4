#!/bin/sh
# Installs, builds and deploys one app with nothing but what it needs to run: its build, its production
# dependencies and the workspace packages it uses, as copies.
#
#   deploy-service.sh <app> <target>    app: a folder of apps/; target: a folder that does not exist yet
#
# Run in the root of the repository, with Node.js and npm. Every Dockerfile here uses it.
set -eu
app=$1
target=$2

export CI=true TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1
pnpm="npx --yes $(node -p "require('./package.json').packageManager")"

$pnpm install --frozen-lockfile
$pnpm exec turbo run build --filter="@phi/$app..." --output-logs=errors-only
$pnpm --filter "@phi/$app" deploy --prod "$target"
