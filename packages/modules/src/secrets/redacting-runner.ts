import { PhiError, type Attempt, type AttemptEnd, type AttemptHooks, type AttemptRunner } from '@phi/core';
import { MAX_LINE_LENGTH } from '../runner/output-lines.js';
import type { Redactor } from './redactor.js';

const redactEnd = (end: AttemptEnd, redactor: Redactor): AttemptEnd => {
  const redact = (text: string): string => redactor.redact(text);
  const named = <Value>(values: Readonly<Record<string, Value>>, change: (value: Value) => Value) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [redact(name), change(value)]));
  if (end.kind === 'failed') {
    const { stack_trace, context } = end;
    return {
      ...end,
      error_code: redact(end.error_code),
      error_message: redact(end.error_message),
      ...(stack_trace === undefined ? {} : { stack_trace: redact(stack_trace) }),
      ...(context === undefined ? {} : { context: named(context, redact) }),
    };
  }
  if (end.kind !== 'succeeded') return end;
  const { outputs, metrics } = end.achieved;
  const achieved = {
    ...end.achieved,
    outputs: named(outputs, redact),
    metrics: named(metrics, (value) => value),
  };
  return { ...end, achieved };
};

/** A line that is handed on in pieces may hold a value across two of them. */
const redactLines = (onLog: AttemptHooks['onLog'], redactor: Redactor): AttemptHooks['onLog'] => {
  const begun = new Map<string, string>();
  return (stream, text) => {
    const before = begun.get(stream) ?? '';
    if (text.length >= MAX_LINE_LENGTH) begun.set(stream, text);
    else begun.delete(stream);
    onLog(stream, redactor.redactAfter(before, text));
  };
};

class RedactingRunner implements AttemptRunner {
  constructor(
    private readonly runner: AttemptRunner,
    private readonly redactor: Redactor,
  ) {}

  canResume(state: string): boolean {
    return this.runner.canResume(state);
  }

  async run(attempt: Attempt, hooks: AttemptHooks): Promise<AttemptEnd> {
    const { redactor } = this;
    const onLog = redactLines(hooks.onLog, redactor);
    const end = await this.runner.run(attempt, {
      ...hooks,
      onLog,
      onPublish: (dataset) => hooks.onPublish(redactor.redact(dataset)),
      onCheckpoint: (checkpoint) => {
        const name = redactor.find(checkpoint.state);
        if (name === undefined) return hooks.onCheckpoint(checkpoint);
        const why = `the checkpoint of ${checkpoint.stage} is not saved: it holds the value of the secret ${name}`;
        hooks.onLog('phi', `WARN ${why}`);
        return Promise.reject(
          new PhiError('STATE_007_CHECKPOINT_HAS_SECRET', why, {
            operation: 'checkpoint.save',
            data: { stage: checkpoint.stage, secret: name },
          }),
        );
      },
    });
    return redactEnd(end, redactor);
  }
}

/**
 * The one way on which text leaves bodies: what they print, throw, answer and publish leaves without the values of secrets. A checkpoint
 * cannot do without what is in it, and is refused.
 */
export const redactingRunner = (runner: AttemptRunner, redactor: Redactor): AttemptRunner =>
  new RedactingRunner(runner, redactor);
