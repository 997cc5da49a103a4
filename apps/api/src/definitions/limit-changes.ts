import type { AuthoredLimits, AuthoredPool, LimitChanges } from '@phi/core';

/** Pools and limits as their authors wrote them, by the names that the store has for limits. */
export function limitChanges({
  pools = [],
  limits = {},
}: {
  readonly pools?: readonly AuthoredPool[] | undefined;
  readonly limits?: AuthoredLimits | undefined;
}): LimitChanges {
  const named = new Map<string, number | undefined>();
  if (limits.global_max_concurrent !== undefined) named.set('global', limits.global_max_concurrent);
  for (const [type, limit] of Object.entries(limits.job_types ?? {}))
    named.set(`type:${type}`, limit ?? undefined);
  const { enforcement_mode } = limits;
  return { limits: named, pools, ...(enforcement_mode === undefined ? {} : { enforcement_mode }) };
}
