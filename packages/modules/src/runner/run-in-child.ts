import { reportError } from '../contract/error-report.js';
import { stoppedOutcome } from './attempt-outcome.js';
import type { AttemptHooks, AttemptLogEntry, AttemptOutcome } from './attempt-outcome.js';
import type { AttemptSpec } from './attempt-spec.js';
import { HeartbeatWatch } from './heartbeat-watch.js';
import { armKillPath } from './kill-path.js';
import type { KillDelays } from './kill-path.js';
import { watchMemory } from './memory-watch.js';
import type { ChildMessage } from './messages.js';
import { provingHooks } from './proving-hooks.js';
import type { RunnerChild } from './runner-child.js';

type Answer = Extract<ChildMessage, { type: 'result' | 'error' }>;

const printed =
  (hooks: AttemptHooks, origin: 'stdout' | 'stderr') =>
  (line: string): void => {
    const level: AttemptLogEntry['level'] = origin === 'stdout' ? 'info' : 'warn';
    hooks.onLog?.({ origin, level, message: line, fields: {} });
  };

const tell = (message: Exclude<ChildMessage, Answer>, hooks: AttemptHooks, child: RunnerChild): void => {
  switch (message.type) {
    case 'log': {
      const { stage, level, fields } = message;
      hooks.onLog?.({ origin: 'logger', level, message: message.message, stage, fields });
      return;
    }
    case 'progress':
      hooks.onProgress?.(message.stage, message.records);
      return;
    case 'stage_done':
      hooks.onStageDone?.(message.report);
      return;
    case 'checkpoint':
      void saveCheckpoint(message, hooks, child);
      return;
    case 'heartbeat':
      // What the body does by itself counts only where its progress is watched.
      hooks.onBeat?.();
      return;
    case 'publish':
      hooks.onPublish?.(message.dataset);
      return;
    case 'ready':
      return;
  }
};

/** Says so to the body, which may wait for it. */
const saveCheckpoint = async (
  { number, stage, state }: Extract<ChildMessage, { type: 'checkpoint' }>,
  hooks: AttemptHooks,
  child: RunnerChild,
): Promise<void> => {
  try {
    await hooks.onCheckpoint?.(stage, state);
    child.send({ type: 'checkpoint_saved', number });
  } catch (error) {
    const { stack: _, ...report } = reportError(error, 'checkpoint.save');
    child.send({ type: 'checkpoint_saved', number, error: report });
  }
};

const outcomeOf = (answer: Answer, signal: AbortSignal): AttemptOutcome => {
  if (answer.type === 'result') return { kind: 'succeeded', result: answer.result };
  if (signal.aborted) return stoppedOutcome(signal, 'GRACEFUL');
  const stage = answer.stage === undefined ? {} : { stage: answer.stage };
  return { kind: 'failed', error: answer.error, ...stage };
};

/** What proves that the body lives (Rule 13): its child's heartbeat, or what the body itself does. */
const proving = (
  { heartbeat: { watch_progress } }: AttemptSpec,
  child: RunnerChild,
  hooks: AttemptHooks,
  onProof: () => void,
): AttemptHooks => {
  const prove = (): void => {
    onProof();
    hooks.onBeat?.();
  };
  child.onBeat(watch_progress ? () => undefined : prove);
  return watch_progress ? provingHooks(hooks, onProof) : hooks;
};

/** The child's answer, with all it printed before it handed on. */
const answerOf = async (child: RunnerChild, hooks: AttemptHooks): Promise<AttemptOutcome> => {
  const output = Promise.all([
    child.stdout.follow(printed(hooks, 'stdout')),
    child.stderr.follow(printed(hooks, 'stderr')),
  ]);
  const answer = await new Promise<AttemptOutcome>((resolve) => {
    child.listen(
      (message) => {
        if (message.type === 'result' || message.type === 'error') resolve(outcomeOf(message, hooks.signal));
        else tell(message, hooks, child);
      },
      (error) => {
        const data = { code: 'EXEC_006_MODULE_FAILED', operation: 'runner.protocol', data: {} };
        resolve({
          kind: 'failed',
          error: { ...data, message: `broke the runner's protocol: ${error.message}` },
        });
      },
    );
  });
  await output;
  return answer;
};

const endOf = async (
  child: RunnerChild,
  signal: AbortSignal,
  killed: () => boolean,
  verdict: () => AttemptOutcome | undefined,
): Promise<AttemptOutcome> => {
  const exit = await child.exited;
  const reached = verdict();
  if (reached !== undefined) return reached;
  if (signal.aborted) return stoppedOutcome(signal, killed() ? 'FORCED' : 'GRACEFUL');
  return { kind: 'crashed', ...exit };
};

/** Watches that a body lives and stays within its memory; `onBreach` gets the failure that it is to end with. */
const watch = (
  child: RunnerChild,
  { heartbeat, resources }: AttemptSpec,
  onBreach: (code: string, message: string) => void,
): { beat(): void; stop(): void } => {
  const beats = new HeartbeatWatch(heartbeat, child, (missed) => {
    const what = heartbeat.watch_progress ? 'showed no progress' : 'gave no sign of life';
    const interval = String(heartbeat.heartbeat_interval_seconds);
    onBreach(
      'EXEC_013_HEARTBEAT_MISSED',
      `the body ${what}: ${String(missed)} heartbeats missed, one every ${interval} s; it was killed`,
    );
  });
  const stopMemory = watchMemory(child, resources.memory_mb, (usedMb) => {
    const used = `${String(Math.ceil(usedMb))} MiB`;
    onBreach(
      'EXEC_015_OUT_OF_MEMORY',
      `the body and what it started used ${used} of memory_mb ${String(resources.memory_mb)}, and were killed`,
    );
  });
  return {
    beat: () => {
      beats.beat();
    },
    stop: () => {
      beats.stop();
      stopMemory();
    },
  };
};

/** Runs one attempt in a child that has none; the outcome is known when the body no longer runs. */
export const runInChild = async (
  child: RunnerChild,
  attempt: AttemptSpec,
  hooks: AttemptHooks,
  delays: KillDelays,
): Promise<AttemptOutcome> => {
  let wasKilled = false;
  let verdict: AttemptOutcome | undefined;
  const watching = watch(child, attempt, (code, message) => {
    verdict = { kind: 'failed', error: { code, message, operation: 'runner.watch', data: {} } };
    child.kill();
  });
  const answered = answerOf(
    child,
    proving(attempt, child, hooks, () => {
      watching.beat();
    }),
  );
  child.send({ type: 'run', attempt });
  const disarm = armKillPath(
    hooks.signal,
    {
      abort: (reason) => {
        child.send({ type: 'abort', reason });
      },
      terminate: () => {
        child.terminate();
      },
      kill: () => {
        wasKilled = true;
        child.kill();
      },
    },
    delays,
  );
  try {
    return await Promise.race([
      answered,
      endOf(
        child,
        hooks.signal,
        () => wasKilled,
        () => verdict,
      ),
    ]);
  } finally {
    watching.stop();
    disarm();
  }
};
