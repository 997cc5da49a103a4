import type { Amounts } from '@phi/core';

/** The order in which the scripts have them; see lua/lib/amounts.lua. */
const NAMES = ['cpu_cores', 'memory_mb', 'disk_mb', 'network_bandwidth_mbps'] as const;

const MILLI = 1000;
const UNLIMITED = '-';

type SomeAmounts = { readonly [Name in keyof Amounts]?: Amounts[Name] | undefined };

/** One amount as the scripts have it: whole numbers, CPU in milli-cores. */
function formatAmount(name: keyof Amounts, value: number | null): string {
  if (value === null) return UNLIMITED;
  return String(name === 'cpu_cores' ? Math.round(value * MILLI) : Math.floor(value));
}

/** Amounts as the scripts have them; what is left out is not limited. */
export function formatAmounts(amounts: SomeAmounts = {}): string {
  return NAMES.map((name) => formatAmount(name, amounts[name] ?? null)).join(',');
}

/** Amounts for people; `null` is no limit. */
export function parseAmounts(text: string | null | undefined): Amounts {
  const [cpu, memory, disk, network] = (text ?? '').split(',').map(readAmount);
  return {
    cpu_cores: typeof cpu === 'number' ? cpu / MILLI : null,
    memory_mb: memory ?? null,
    disk_mb: disk ?? null,
    network_bandwidth_mbps: network ?? null,
  };
}

/** Changes of some of them, in order; `false` where one stays as it is. */
export function amountChanges(changes: SomeAmounts): (string | false)[] {
  return NAMES.map((name) => {
    const value = changes[name];
    return value === undefined ? false : formatAmount(name, value);
  });
}

function readAmount(text: string): number | null {
  return text === '' || text === UNLIMITED ? null : Number(text);
}
