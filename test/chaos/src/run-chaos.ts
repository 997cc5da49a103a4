import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { ROOT } from '../../e2e/fixture/phi.js';
import { countRepetitions, type Repetitions } from './checks/10-bodies-accounted.js';
import type { Violation } from './checks/check.js';
import { checkAll } from './checks/check-all.js';
import { Journal } from './journal.js';
import { disturb } from './nemesis/disturb.js';
import { NEMESES } from './nemesis/nemeses.js';
import { Observer } from './observer.js';
import { Random } from './random.js';
import type { Dump } from './witness/dump.js';
import { Client } from './workload/client.js';
import { JOBS, LIMITS_BODY, POOL_BODY, SCHEDULED } from './workload/jobs.js';
import { Workload } from './workload/workload.js';
import { World, type Fallen } from './world.js';

export interface ChaosOptions {
  readonly seed: number;
  /** How much clients ask for: jobs of the runs that they trigger, events, and dead letters to retry. */
  readonly executions: number;
  /** Names of kinds of faults. */
  readonly nemeses: readonly string[];
  /** Told how it goes, a line every few seconds. */
  readonly onProgress?: (line: string) => void;
}

export interface ChaosReport {
  readonly seed: number;
  /** Executions that were accepted: those of triggered runs, and those that events on their own lead to. */
  readonly accepted: number;
  /** Executions that there are in the end, every attempt and what schedules started among them. */
  readonly executions: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** How many faults of each kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly repetitions: Repetitions;
  /** How long everything was disturbed, and how long it took to heal and to drain, in milliseconds. */
  readonly disturbedMs: number;
  readonly drainedMs: number;
  /** Services that ended although nobody had ended them. */
  readonly fallen: readonly Fallen[];
  /** Answers that clients got and that no fault explains. */
  readonly surprises: readonly string[];
  readonly violations: readonly Violation[];
  /** Where the journal and the witnesses are kept; only where something is wrong. */
  readonly kept?: string;
}

const PROGRESS_MS = 5000;
/** Where nothing has ended for so long after everything has healed, the rest never will. */
const STUCK_AFTER_MS = 90_000;
const POLL_MS = 200;

/** Whether a run found nothing wrong. */
export function isGood({ violations, fallen, surprises }: ChaosReport): boolean {
  return violations.length === 0 && fallen.length === 0 && surprises.length === 0;
}

/** Starts a world, disturbs it while clients work, lets it heal and drain, and checks what the witnesses have. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const name = `seed-${String(options.seed)}-${String(Date.now())}`;
  const journal = new Journal(join(ROOT, '.phi', 'chaos', name));
  const world = await World.start(journal);
  try {
    const report = await runIn(world, options);
    if (isGood(report)) rmSync(journal.directory, { recursive: true });
    return report;
  } catch (error) {
    writeFileSync(join(journal.directory, 'services.log'), world.printed());
    throw error;
  } finally {
    await world.stopAll();
  }
}

async function runIn(world: World, options: ChaosOptions): Promise<ChaosReport> {
  const { api } = world.phi;
  const { journal } = world;
  const say = options.onProgress ?? (() => undefined);
  await api.setPool('narrow', POOL_BODY);
  await api.put('/v1/limits', LIMITS_BODY);
  await api.apply({ jobs: JOBS });
  const observer = new Observer(world);
  const random = new Random(options.seed);
  const surprises: string[] = [];
  const ended = new AbortController();
  const over = new AbortController();
  const client = new Client(api.url, api.key, random.apart(1), over.signal);
  const workload = new Workload(
    client,
    random.apart(2),
    options.executions,
    () => observer.deadLetters(),
    (what) => surprises.push(what),
  );
  const progress = setInterval(() => {
    const seconds = Math.round(journal.elapsedMs / 1000);
    say(`${String(seconds)} s: ${String(workload.accepted)} accepted, ${String(journal.total)} faults`);
  }, PROGRESS_MS);
  try {
    const began = journal.elapsedMs;
    const nemeses = NEMESES.filter(({ name: of }) => options.nemeses.includes(of));
    await Promise.all([
      workload.run().finally(() => ended.abort()),
      disturb(world, nemeses, random.apart(3), ended.signal),
    ]);
    const disturbedMs = journal.elapsedMs - began;
    journal.note('heal', 'everything');
    await world.complete();
    await stopSchedules(world);
    await drain(world, observer, say);
    const drainedMs = journal.elapsedMs - began - disturbedMs;
    const dump = await observer.dump(workload.told);
    const violations = checkAll(dump);
    const report: ChaosReport = {
      seed: options.seed,
      accepted: workload.accepted,
      executions: dump.executions.length,
      statuses: countStatuses(dump),
      faults: Object.fromEntries(journal.faults),
      repetitions: countRepetitions(dump),
      disturbedMs,
      drainedMs,
      fallen: world.fallen,
      surprises,
      violations,
    };
    if (isGood(report)) return report;
    keep(world, dump, report);
    return { ...report, kept: journal.directory };
  } finally {
    over.abort();
    clearInterval(progress);
  }
}

function countStatuses({ executions }: Dump): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of executions) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Nothing new comes from them: what they have started drains. */
async function stopSchedules({ phi }: World): Promise<void> {
  await phi.api.until(
    'the schedules to stop',
    () => phi.api.apply({ jobs: SCHEDULED.map((job) => ({ ...job, enabled: false })) }),
    () => true,
  );
}

/** Waits until everything has ended, or until it is plain that it does not. */
async function drain(world: World, observer: Observer, say: (line: string) => void): Promise<void> {
  let said = performance.now();
  let least = Infinity;
  let lessAt = performance.now();
  for (;;) {
    const open = await observer.open();
    if (open < least) lessAt = performance.now();
    least = Math.min(least, open);
    const holds = (await observer.nextDue()) !== undefined;
    if (open === 0 && !holds) return;
    if (performance.now() - lessAt > STUCK_AFTER_MS) {
      world.journal.note('drain', `${String(open)} do not end`);
      return;
    }
    if (performance.now() - said > PROGRESS_MS) {
      said = performance.now();
      say(`draining: ${String(open)} open`);
    }
    await pause(POLL_MS);
  }
}

/** Everything that it takes to find out what went wrong. */
function keep(world: World, dump: Dump, report: ChaosReport): void {
  const { directory } = world.journal;
  const write = (file: string, content: string): void => writeFileSync(join(directory, file), content);
  write('report.json', JSON.stringify(report, undefined, 1));
  write('dump.json', JSON.stringify(dump, jsonOfMaps, 1));
  write('services.log', world.printed());
}

function jsonOfMaps(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  return value instanceof Set ? [...value] : value;
}
