import { join } from 'node:path';

import { smoothUsage, type Clock, type UsageSample } from '@phi/core';

import { findControlGroups, readField, readNumber, readText } from './control-groups.js';

/** A body that works for a moment saturates nothing: what counts is about the last minute, in seconds. */
const SMOOTHED_OVER_SECONDS = 60;

/** What processors have done since they were started. */
interface Reading {
  readonly at_ms: number;
  /** Of the host: jiffies, of any length. */
  readonly busy: number;
  readonly total: number;
  /** Of each control group with a quota: seconds used, by its directory, and how many processors it may use. */
  readonly groups: ReadonlyMap<string, { readonly used_seconds: number; readonly processors: number }>;
}

/** Measures the share of the processors in use: the host's, or of a control group's quota where that is fuller. */
export class ProcessorMeter {
  private last: Reading | undefined;
  private smoothed: UsageSample | undefined;

  /** @param root - where `/` is; only tests have another */
  constructor(
    private readonly clock: Clock,
    private readonly root = '/',
  ) {}

  /** @returns 0-1, smoothed; undefined where the system does not tell (other than Linux) */
  async measure(): Promise<number | undefined> {
    const before = this.last;
    this.last = await this.read();
    if (this.last === undefined) return undefined;
    const usage = before === undefined ? 0 : usedBetween(before, this.last);
    this.smoothed = smoothUsage(this.smoothed, { usage, at_ms: this.last.at_ms }, SMOOTHED_OVER_SECONDS);
    return this.smoothed.usage;
  }

  private async read(): Promise<Reading | undefined> {
    const text = await readText(join(this.root, 'proc/stat'));
    const [user, nice, system, idle, iowait, irq, softirq, steal] = (text?.split('\n')[0] ?? '')
      .split(/\s+/)
      .slice(1)
      .map(Number);
    if (user === undefined || idle === undefined) return undefined;
    const busy = user + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softirq ?? 0) + (steal ?? 0);
    const groups = await this.readGroups();
    return { at_ms: this.clock.now(), busy, total: busy + idle + (iowait ?? 0), groups };
  }

  private async readGroups(): Promise<Reading['groups']> {
    const { version, directories } = await findControlGroups('cpu', this.root);
    const read = version === 2 ? readUnified : await this.readSeparate();
    const found = await Promise.all(
      directories.map(async (path, depth) => [path, await read(path, depth)] as const),
    );
    return new Map(found.flatMap(([path, group]) => (group === undefined ? [] : [[path, group] as const])));
  }

  /** Version 1 accounts in a hierarchy of its own, under the same path. */
  private async readSeparate(): Promise<typeof readUnified> {
    const accounts = (await findControlGroups('cpuacct', this.root)).directories;
    return async (directory, depth) => {
      const [quota, period, used] = await Promise.all([
        readNumber(join(directory, 'cpu.cfs_quota_us')),
        readNumber(join(directory, 'cpu.cfs_period_us')),
        readNumber(join(accounts[depth] ?? '', 'cpuacct.usage')),
      ]);
      return limited(quota, period, used === undefined ? undefined : used / 1e9);
    };
  }
}

type Group = { readonly used_seconds: number; readonly processors: number } | undefined;

async function readUnified(directory: string, _depth: number): Promise<Group> {
  const [limit, used] = await Promise.all([
    readText(join(directory, 'cpu.max')),
    readField(join(directory, 'cpu.stat'), 'usage_usec'),
  ]);
  const [quota, period] = (limit ?? '').trim().split(' ').map(Number);
  return limited(quota, period, used === undefined ? undefined : used / 1e6);
}

/** A quota of `max` (not a number) or -1 is none. */
function limited(
  quota: number | undefined,
  period: number | undefined,
  used_seconds: number | undefined,
): Group {
  if (quota === undefined || !(quota > 0) || period === undefined || used_seconds === undefined)
    return undefined;
  return { used_seconds, processors: quota / period };
}

function usedBetween(before: Reading, now: Reading): number {
  const seconds = (now.at_ms - before.at_ms) / 1000;
  const host = share(now.busy - before.busy, now.total - before.total);
  const groups = [...now.groups].map(([path, { used_seconds, processors }]) => {
    const earlier = before.groups.get(path);
    return earlier === undefined ? 0 : share(used_seconds - earlier.used_seconds, seconds * processors);
  });
  return Math.max(host, ...groups);
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
}
