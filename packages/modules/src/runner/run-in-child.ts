import { stoppedOutcome } from './attempt-outcome.js';
import type { AttemptHooks, AttemptLogEntry, AttemptOutcome } from './attempt-outcome.js';
import type { AttemptSpec } from './attempt-spec.js';
import { armKillPath } from './kill-path.js';
import type { KillDelays } from './kill-path.js';
import type { ChildMessage } from './messages.js';
import type { RunnerChild } from './runner-child.js';

type Answer = Extract<ChildMessage, { type: 'result' | 'error' }>;

const printed =
  (hooks: AttemptHooks, origin: 'stdout' | 'stderr') =>
  (line: string): void => {
    const level: AttemptLogEntry['level'] = origin === 'stdout' ? 'info' : 'warn';
    hooks.onLog?.({ origin, level, message: line, fields: {} });
  };

const tell = (message: Exclude<ChildMessage, Answer>, hooks: AttemptHooks): void => {
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
      hooks.onCheckpoint?.(message.stage, message.state);
      return;
    case 'publish':
      hooks.onPublish?.(message.dataset);
      return;
    case 'ready':
      return;
  }
};

const outcomeOf = (answer: Answer, signal: AbortSignal): AttemptOutcome => {
  if (answer.type === 'result') return { kind: 'succeeded', result: answer.result };
  if (signal.aborted) return stoppedOutcome(signal, 'GRACEFUL');
  const stage = answer.stage === undefined ? {} : { stage: answer.stage };
  return { kind: 'failed', error: answer.error, ...stage };
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
        else tell(message, hooks);
      },
      (error) => {
        child.kill();
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
): Promise<AttemptOutcome> => {
  const exit = await child.exited;
  if (signal.aborted) return stoppedOutcome(signal, killed() ? 'FORCED' : 'GRACEFUL');
  return { kind: 'crashed', ...exit };
};

/** Runs one attempt in a child that has none; the outcome is known when the body no longer runs. */
export const runInChild = async (
  child: RunnerChild,
  attempt: AttemptSpec,
  hooks: AttemptHooks,
  delays: KillDelays,
): Promise<AttemptOutcome> => {
  let wasKilled = false;
  const answered = answerOf(child, hooks);
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
    return await Promise.race([answered, endOf(child, hooks.signal, () => wasKilled)]);
  } finally {
    disarm();
  }
};
