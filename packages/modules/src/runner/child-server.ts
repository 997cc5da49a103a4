import { mkdir } from 'node:fs/promises';
import { reportError } from '../contract/error-report.js';
import type { ModuleRegistry } from '../contract/module-registry.js';
import type { AttemptSpec } from './attempt-spec.js';
import { CheckpointAcknowledgements } from './checkpoint-acknowledgements.js';
import { parentMessageSchema } from './messages.js';
import type { ChildMessage } from './messages.js';
import { runStages } from './run-stages.js';
import type { StageHost } from './run-stages.js';

/** The child's side of the channel. */
export interface ChildPort {
  send(message: ChildMessage): void;
  /** Resolves when all that was printed so far, and the mark of the attempt's end, is on its way. */
  endOutput(): Promise<void>;
  /**
   * Has a thread of its own beat for the attempt that runs.
   *
   * @param everyMs undefined: none runs any more
   */
  beat(everyMs: number | undefined): void;
  /** Monotonic clock, in milliseconds. */
  now(): number;
}

class AbortedAttempt extends Error {
  override readonly name = 'AbortError';
  readonly code = 'EXEC_008_CANCELLED';
}

/** Of its interval, when a heartbeat comes: one that is a little late is not missed. */
const BEAT_AT = 0.5;

/** The channel of one attempt: what a body does after its end is not told as if the next attempt did it. */
const ownPort = (port: ChildPort): { port: Pick<ChildPort, 'send' | 'now'>; close(): void } => {
  let isOpen = true;
  return {
    port: {
      now: () => port.now(),
      send: (message) => {
        if (isOpen) port.send(message);
      },
    },
    close: () => {
      isOpen = false;
    },
  };
};

const runAttempt = async (
  spec: AttemptSpec,
  registry: ModuleRegistry,
  signal: AbortSignal,
  port: Pick<ChildPort, 'send' | 'now'>,
  acknowledgements: CheckpointAcknowledgements,
): Promise<ChildMessage> => {
  let current: string | undefined;
  const host: StageHost = {
    registry,
    signal,
    now: () => port.now(),
    onStageStart: (stage) => {
      current = stage;
    },
    onLog: (stage, level, message, fields) => {
      port.send({ type: 'log', stage, level, message, fields });
    },
    onProgress: (stage, records) => {
      port.send({ type: 'progress', stage, records });
    },
    onHeartbeat: () => {
      port.send({ type: 'heartbeat' });
    },
    onCheckpoint: (stage, state) =>
      acknowledgements.await((number) => {
        port.send({ type: 'checkpoint', number, stage, state });
      }),
    onPublish: (dataset) => {
      port.send({ type: 'publish', dataset });
    },
    onStageDone: (report) => {
      port.send({ type: 'stage_done', report });
    },
  };
  try {
    await mkdir(spec.workdir, { recursive: true });
    return { type: 'result', result: await runStages(spec, host) };
  } catch (error) {
    const stage = current === undefined ? {} : { stage: current };
    return { type: 'error', ...stage, error: reportError(error, current ?? 'attempt.start') };
  }
};

/**
 * Answers the parent's messages: one attempt at a time, each with an abort signal of its own.
 *
 * @returns what to call with every message that arrives
 * @throws from the returned function, on a message that breaks the protocol
 */
export const serveAttempts = (
  registry: ModuleRegistry,
  port: ChildPort,
): ((raw: unknown) => Promise<void>) => {
  let running: AbortController | undefined;
  const acknowledgements = new CheckpointAcknowledgements();
  return async (raw) => {
    const message = parentMessageSchema.parse(raw);
    if (message.type === 'abort') {
      running?.abort(new AbortedAttempt(message.reason));
      return;
    }
    if (message.type === 'checkpoint_saved') {
      acknowledgements.take(message.number, message.error);
      return;
    }
    if (running !== undefined) throw new Error('an attempt is running already');
    running = new AbortController();
    const own = ownPort(port);
    port.beat(message.attempt.heartbeat.heartbeat_interval_seconds * 1000 * BEAT_AT);
    const answer = await runAttempt(message.attempt, registry, running.signal, own.port, acknowledgements);
    running = undefined;
    own.close();
    port.beat(undefined);
    await port.endOutput();
    port.send(answer);
  };
};
