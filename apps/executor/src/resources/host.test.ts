import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { systemClock } from '@phi/telemetry';
import { FakeClock } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { measureDisks } from './disks.js';
import { measureMemory } from './memory.js';
import { ProcessorMeter } from './processors.js';

/** The files of a Linux host as its kernel writes them. */
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'phi-host-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

const GIB = 1024 ** 3;
const kib = (bytes: number): string => String(bytes / 1024);
const meminfo = (total: number, available: number): Record<string, string> => ({
  'proc/meminfo': `MemTotal:       ${kib(total)} kB\nMemFree:  1 kB\nMemAvailable:   ${kib(available)} kB\n`,
});

describe('measureMemory', () => {
  it('is what cannot be given back of the host’s', async () => {
    await write(meminfo(16 * GIB, 4 * GIB));
    expect(await measureMemory(root)).toBe(0.75);
  });

  it('is a container’s against its limit (control groups 2), caches aside', async () => {
    await write({
      ...meminfo(16 * GIB, 12 * GIB),
      'proc/self/cgroup': '0::/kubepods/pod:1/main\n',
      'sys/fs/cgroup/kubepods/pod:1/main/memory.max': `${String(2 * GIB)}\n`,
      'sys/fs/cgroup/kubepods/pod:1/main/memory.current': String(2 * GIB),
      'sys/fs/cgroup/kubepods/pod:1/main/memory.stat': `anon 1\ninactive_file ${String(GIB / 2)}\n`,
      'sys/fs/cgroup/kubepods/memory.max': 'max\n',
      'sys/fs/cgroup/kubepods/memory.current': String(15 * GIB),
    });
    expect(await measureMemory(root)).toBe(0.75);
  });

  it('is the tightest group’s of those above it, also where the container sees its own as the root', async () => {
    await write({
      ...meminfo(16 * GIB, 12 * GIB),
      'proc/self/cgroup': '0::/../outside\n',
      'sys/fs/cgroup/memory.max': String(GIB),
      'sys/fs/cgroup/memory.current': String(0.5 * GIB),
    });
    expect(await measureMemory(root)).toBe(0.5);
  });

  it('knows control groups 1, whose largest number is no limit', async () => {
    await write({
      ...meminfo(16 * GIB, 12 * GIB),
      'proc/self/cgroup': '4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n',
      'sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': String(GIB),
      'sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes': String(GIB),
      'sys/fs/cgroup/memory/docker/abc/memory.stat': `total_inactive_file ${String(GIB / 4)}\n`,
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': String(8 * GIB),
    });
    expect(await measureMemory(root)).toBe(0.75);
  });

  it('is not known where the system does not tell', async () => {
    expect(await measureMemory(root)).toBeUndefined();
  });
});

describe('ProcessorMeter', () => {
  const stat = (busy: number, idle: number, iowait = 0): Record<string, string> => ({
    'proc/stat': `cpu  ${String(busy)} 0 0 ${String(idle)} ${String(iowait)} 0 0 0 0 0\ncpu0 1 2 3 4\n`,
  });
  /** What is measured an hour after the first look, which the smoothing has forgotten. */
  async function measuredBetween(
    before: Record<string, string>,
    now: Record<string, string>,
  ): Promise<number> {
    const clock = new FakeClock();
    const meter = new ProcessorMeter(clock, root);
    await write(before);
    expect(await meter.measure()).toBe(0);
    clock.advance(3_600_000);
    await write(now);
    return (await meter.measure()) ?? Number.NaN;
  }

  it('is the host’s: what waits for disks is idle', async () => {
    expect(await measuredBetween(stat(1000, 1000), stat(1600, 1300, 100))).toBeCloseTo(0.6, 6);
  });

  it('is a container’s against its quota (control groups 2)', async () => {
    const group = (seconds: number): Record<string, string> => ({
      'proc/self/cgroup': '0::/box\n',
      'sys/fs/cgroup/box/cpu.max': '50000 100000\n',
      'sys/fs/cgroup/box/cpu.stat': `usage_usec ${String(seconds * 1e6)}\nuser_usec 1\n`,
    });
    const usage = await measuredBetween(
      { ...stat(0, 0), ...group(10) },
      { ...stat(100, 900), ...group(10 + 3600 * 0.5 * 0.8) },
    );
    expect(usage).toBeCloseTo(0.8, 6);
  });

  it('is a container’s against its quota (control groups 1)', async () => {
    const group = (seconds: number): Record<string, string> => ({
      'proc/self/cgroup': '2:cpuacct:/box\n1:cpu:/box\n0::/\n',
      'sys/fs/cgroup/cpu/box/cpu.cfs_quota_us': '200000',
      'sys/fs/cgroup/cpu/box/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/cpuacct/box/cpuacct.usage': String(seconds * 1e9),
      'sys/fs/cgroup/cpuacct/cpuacct.usage': String(seconds * 1e12),
    });
    const usage = await measuredBetween(
      { ...stat(0, 0), ...group(10) },
      { ...stat(100, 900), ...group(10 + 3600 * 2 * 0.7) },
    );
    expect(usage).toBeCloseTo(0.7, 6);
  });

  it('is not known where the system does not tell', async () => {
    expect(await new ProcessorMeter(systemClock, root).measure()).toBeUndefined();
  });
});

describe('measureDisks', () => {
  it('is the share of a file system that is there, and of where a directory would be made', async () => {
    const usage = await measureDisks([root]);
    expect(usage).toBeGreaterThan(0);
    expect(usage).toBeLessThanOrEqual(1);
    expect(await measureDisks([join(root, 'not', 'there')])).toBeCloseTo(usage ?? Number.NaN, 1);
  });

  it('is the fullest one’s', async () => {
    const [own, proc] = [await measureDisks([root]), await measureDisks(['/proc'])];
    expect(await measureDisks(['/proc', root])).toBeCloseTo(Math.max(own ?? 0, proc ?? 0), 1);
  });
});
