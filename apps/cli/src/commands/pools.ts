import { segment } from '@phi/client';
import { InvalidArgumentError, type Command } from 'commander';
import * as z from 'zod';

import { readList } from '../api/page.js';
import { poolDetailSchema, poolSchema } from '../api/pool.js';
import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWhole } from '../options.js';
import { describePool, describePools } from '../views/pool-view.js';

/** commander takes no null for a value. */
type Amount = number | 'none';

interface SetOptions {
  readonly slots?: Amount;
  readonly cpuCores?: Amount;
  readonly memoryMb?: Amount;
  readonly diskMb?: Amount;
  readonly networkBandwidthMbps?: Amount;
  readonly dedicated?: boolean;
}

export function addPools(program: Command, runner: CommandRunner): void {
  const pools = program
    .command('pools')
    .summary('list, show, set, pause, resume or remove resource pools')
    .description(
      'Lists the resource pools with what is held of each (Rule 6); with a word more it shows or changes one.',
    )
    .option('--limit <count>', 'at most so many', parseWhole(1, 5000), 50)
    .action(runner.action<[], { readonly limit: number }>((context, _, { limit }) => list(context, limit)));
  examples(pools, [
    'phi pools',
    'phi pools get transformation',
    'phi pools set transformation --slots 10 --cpu-cores 16',
    'phi pools pause transformation',
  ]);
  pools
    .command('get')
    .summary('show a pool, who holds its slots and what waits for them')
    .argument('<name>', 'the pool')
    .action(runner.action<[string], object>((context, [name]) => show(context, name)));
  addSet(pools, runner);
  pools
    .command('pause')
    .summary('start nothing new of a pool; what runs goes on')
    .argument('<name>', 'the pool')
    .action(runner.action<[string], object>((context, [name]) => put(context, name, { paused: true })));
  pools
    .command('resume')
    .summary('let a paused pool start again')
    .argument('<name>', 'the pool')
    .action(runner.action<[string], object>((context, [name]) => put(context, name, { paused: false })));
  pools
    .command('rm')
    .summary('forget a pool that no registered job names')
    .argument('<name>', 'the pool')
    .action(runner.action<[string], object>((context, [name]) => remove(context, name)));
}

function addSet(pools: Command, runner: CommandRunner): void {
  const command = pools
    .command('set')
    .summary('make a pool, or change it')
    .description('Makes a pool, or changes it; what is left out stays as it is, `none` takes a limit away.')
    .argument('<name>', 'the pool')
    .option('--slots <count>', 'at most so many executions of it at once', parseAmount(true))
    .option('--cpu-cores <cores>', 'CPU that its executions may request in sum', parseAmount(false))
    .option('--memory-mb <mb>', 'memory that they may request in sum', parseAmount(false))
    .option('--disk-mb <mb>', 'disk space that they may request in sum', parseAmount(false))
    .option('--network-bandwidth-mbps <mbps>', 'bandwidth that they may request in sum', parseAmount(false))
    .option('--dedicated', 'only executors that name it in EXECUTOR_POOLS take its executions')
    .option('--no-dedicated', 'all executors that name no pools take them')
    .action(
      runner.action<[string], SetOptions>((context, [name], options) =>
        put(context, name, settingsOf(options)),
      ),
    );
  examples(command, [
    'phi pools set transformation --slots 10 --cpu-cores 16',
    'phi pools set transformation --memory-mb none',
    'phi pools set gpu --dedicated',
  ]);
}

/** The range is the API's to check. */
function parseAmount(isWhole: boolean): (text: string) => Amount {
  return (text) => {
    if (text.toLowerCase() === 'none') return 'none';
    if ((isWhole ? /^\d{1,9}$/ : /^\d{1,9}(?:\.\d{1,3})?$/).test(text)) return Number(text);
    throw new InvalidArgumentError(`Accepted: ${isWhole ? 'a whole number' : 'a number'}, or none.`);
  };
}

function settingsOf({
  slots,
  cpuCores,
  memoryMb,
  diskMb,
  networkBandwidthMbps,
  dedicated,
}: SetOptions): object {
  const settings = {
    pool_concurrency_limit: orNull(slots),
    cpu_cores: orNull(cpuCores),
    memory_mb: orNull(memoryMb),
    disk_mb: orNull(diskMb),
    network_bandwidth_mbps: orNull(networkBandwidthMbps),
    dedicated,
  };
  if (Object.values(settings).every((value) => value === undefined))
    throw usageError(
      'phi pools set',
      'has nothing to set',
      '--slots, --cpu-cores, --memory-mb, --dedicated, ...',
    );
  return settings;
}

function orNull(amount: Amount | undefined): number | null | undefined {
  return amount === 'none' ? null : amount;
}

async function list(context: Context, limit: number): Promise<ExitStatus> {
  const found = await readList(context.api(), { path: '/v1/pools', item: poolSchema }, limit);
  context.output.emit({ items: found.items }, () => describePools(found.items));
  if (found.more) context.output.note(`there are more: --limit ${String(limit)} was reached`);
  return EXIT.ok;
}

async function show(context: Context, name: string): Promise<ExitStatus> {
  const pool = await context.api().get(pathOf(name), poolDetailSchema);
  context.output.emit(pool, () => describePool(pool));
  return EXIT.ok;
}

async function put(context: Context, name: string, settings: object): Promise<ExitStatus> {
  const pool = await context.api().put(pathOf(name), settings, poolDetailSchema);
  context.output.emit(pool, () => describePool(pool));
  return EXIT.ok;
}

async function remove(context: Context, name: string): Promise<ExitStatus> {
  const answer = await context.api().delete(pathOf(name), z.looseObject({ removed: z.string() }));
  context.output.emit(answer, () => `removed ${name}`);
  return EXIT.ok;
}

function pathOf(name: string): string {
  return `/v1/pools/${segment(name)}`;
}
