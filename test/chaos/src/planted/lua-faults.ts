import type { Invariant, JobDefinition } from '@phi/core';
import { fireSchedules } from '@phi/engine';

import { define, executionsOf, failWith, succeedWith } from '../../../conformance/testing/engine-fixture.js';
import type { Replacement } from './plant.js';
import type { SmallWorld } from './small-world.js';

/** A fault in the scripts, and a workload in which it shows. */
export interface LuaFault {
  readonly name: string;
  readonly invariant: Invariant;
  readonly replacement: Replacement;
  readonly jobs: readonly JobDefinition[];
  readonly limits?: Readonly<Record<string, number>>;
  readonly workload: (world: SmallWorld) => Promise<void>;
}

const RETRIED = 'EXEC_018_CONNECTION_FAILED';
const FINAL = 'EXEC_006_MODULE_FAILED';
const retrying = { retry_policy: { max_attempts: 3, initial_delay_seconds: 0, jitter_factor: 0 } };

/** At least one for each invariant that the scripts keep. */
export const LUA_FAULTS: readonly LuaFault[] = [
  {
    name: 'a trigger is not idempotent',
    invariant: 1,
    replacement: { file: 'lib/create.lua', passage: '  if existing then\n', by: '  if false then\n' },
    jobs: [define('a')],
    async workload(world) {
      await world.trigger('a', 'key');
      await world.runAll();
      await world.trigger('a', 'key');
      await world.runAll();
    },
  },
  {
    name: 'the fence is not checked',
    invariant: 2,
    replacement: {
      file: 'lib/transition.lua',
      passage: "if not command.nonce or command.nonce ~= x.nonce then return 'STALE_FENCE' end",
      by: 'return nil',
    },
    jobs: [define('a')],
    async workload(world) {
      const id = await world.trigger('a', 'key');
      await world.run(id, async () => {
        const stolen = { nonce: 'stolen', op: 'stolen', actor: 'thief', result: '{}', completes: true };
        await world.services.executions.transition({ ...stolen, event: 'SUCCEED', execution_id: id });
        return succeedWith();
      });
    },
  },
  {
    name: 'a checkpoint is accepted from a stale fence',
    invariant: 2,
    replacement: {
      file: 'functions/save-checkpoint.lua',
      passage: "if not x or x.status ~= 'RUNNING' or x.nonce ~= nonce then",
      by: 'if not x then',
    },
    jobs: [define('a')],
    async workload(world) {
      const id = await world.trigger('a', 'key');
      world.pass();
      await world.run(
        id,
        async () => {
          const nonce = await world.nonceOf(id);
          await world.lose();
          const late = { stage: 'ALPHA', state: '{"counter":1}', good: 0 };
          await world.services.checkpoints.save({ ...late, execution_id: id, nonce });
          return { kind: 'stopped', forced: false };
        },
        'doomed',
      );
      await world.runAll();
    },
  },
  {
    name: 'the reaper forgets the slot',
    invariant: 3,
    replacement: {
      file: 'lib/transition.lua',
      passage: '    admission.give_back(x)\n',
      by: "    if x.status ~= 'FAILED' then admission.give_back(x) end\n",
    },
    jobs: [define('a')],
    async workload(world) {
      const id = await world.trigger('a', 'key');
      world.pass();
      await world.run(
        id,
        async () => {
          await world.lose();
          return { kind: 'stopped', forced: false };
        },
        'doomed',
      );
      await world.runAll();
    },
  },
  {
    name: 'a limit lets one more through',
    invariant: 3,
    replacement: {
      file: 'lib/limits.lua',
      passage: 'if limits.held_of(counted[index].set) >= counted[index].number then',
      by: 'if limits.held_of(counted[index].set) > counted[index].number then',
    },
    jobs: [define('a', { concurrency: { max_running: 1 } })],
    limits: { 'job:a': 1 },
    async workload(world) {
      const first = await world.trigger('a', 'first');
      const second = await world.trigger('a', 'second');
      await world.run(first, async () => {
        await world.run(second);
        return succeedWith();
      });
      await world.run(second);
    },
  },
  {
    name: 'a dependent is released without the expected state',
    invariant: 4,
    replacement: {
      file: 'lib/transition.lua',
      passage: "if not standing.is_ready(x) then return 'NOT_READY' end",
      by: '',
    },
    jobs: [define('a'), define('b', { after: ['a'] }), define('c', { after: ['a', 'b'] })],
    async workload(world) {
      const id = await world.trigger('a', 'key');
      world.pass();
      await world.run(id);
      const [waiting] = await executionsOf(world.services, 'c');
      const execution_id = waiting?.execution_id ?? '';
      await world.services.executions.transition({ event: 'ENQUEUE', execution_id, actor: 'scheduler' });
      await world.elapse();
      await world.runAll();
    },
  },
  {
    name: 'completing and releasing are two calls, and the second never comes',
    invariant: 4,
    replacement: {
      file: 'lib/transition.lua',
      passage: "  elseif release.start(x, 'COMPLETED', command) then\n",
      by: '  elseif true then\n',
    },
    jobs: [define('a'), define('b', { after: ['a'] })],
    async workload(world) {
      await world.trigger('a', 'key');
      await world.runAll();
    },
  },
  {
    name: 'a retry is counted wrong',
    invariant: 5,
    replacement: {
      file: 'lib/transition.lua',
      passage: '  y.lost_attempts = retry.lost_attempts\n',
      by: '  y.lost_attempts = retry.lost_attempts + 1\n',
    },
    jobs: [define('a', retrying)],
    async workload(world) {
      const id = await world.trigger('a', 'key');
      world.pass();
      await world.run(id, () => failWith(RETRIED));
      await world.runAll();
    },
  },
  {
    name: 'a fire time is not entered in the ledger',
    invariant: 6,
    replacement: {
      file: 'lib/create.lua',
      passage:
        '  if command.tick then tick.settle(command.tick, command.tick.outcome, command.tick.reason) end\n  plan.keep',
      by: '  if command.tick then tick.stand_at(command.tick.schedule_id, command.tick.next_ms) end\n  plan.keep',
    },
    jobs: [define('a', { schedule: { schedule_type: 'INTERVAL', interval_seconds: 10 } })],
    async workload(world) {
      await world.elapse(25_000);
      await fireSchedules(world.services);
      await world.runAll();
    },
  },
  {
    name: 'what is cancelled in the queue stays admitted',
    invariant: 7,
    replacement: { file: 'lib/transition.lua', passage: '    admission.leave_queue(x)\n', by: '' },
    jobs: [define('a')],
    async workload(world) {
      const execution_id = await world.trigger('a', 'key');
      const reason = 'CANCEL_001_REQUESTED';
      await world.services.executions.cancel([{ execution_id, actor: 'client', reason }]);
    },
  },
  {
    name: 'a retry forgets the checkpoint of its chain',
    invariant: 8,
    replacement: { file: 'lib/generated.lua', passage: ", 'checkpoint'", by: '' },
    jobs: [define('a', retrying)],
    async workload(world) {
      const id = await world.trigger('a', 'key');
      world.pass();
      await world.run(id, async (_attempt, saveCounter) => {
        await saveCounter(1);
        return failWith(RETRIED);
      });
      await world.runAll();
    },
  },
  {
    name: 'a claim is left out of the history',
    invariant: 9,
    replacement: {
      file: 'lib/record.lua',
      passage: '  x.revision = x.revision + 1\n  tell(x, event, command)\n',
      by: "  x.revision = x.revision + 1\n  if event ~= 'CLAIM' then tell(x, event, command) end\n",
    },
    jobs: [define('a')],
    async workload(world) {
      const id = await world.trigger('a', 'key');
      await world.run(id, () => failWith(FINAL));
    },
  },
  {
    name: 'a claim that the history leaves out hides a body',
    invariant: 10,
    replacement: {
      file: 'lib/record.lua',
      passage: '  x.revision = x.revision + 1\n  tell(x, event, command)\n',
      by: "  x.revision = x.revision + 1\n  if event ~= 'CLAIM' then tell(x, event, command) end\n",
    },
    jobs: [define('a')],
    async workload(world) {
      const id = await world.trigger('a', 'key');
      await world.run(id);
    },
  },
];
