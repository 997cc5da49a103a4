import {
  findOutputReferences,
  PhiError,
  type Attempt,
  type AttemptEnd,
  type AttemptHooks,
  type ExecutionRecord,
  type ExecutionResult,
  type JobDefinition,
  type TransitionResult,
} from '@phi/core';

import { AttemptPlace } from './attempt-place.js';
import { AttemptStop } from './attempt-stop.js';
import { CancelWatch } from './cancel-watch.js';
import { CheckpointSaver } from './checkpoint-saver.js';
import { mergeParameters } from './check-parameters.js';
import { DatasetPublisher } from './dataset-publisher.js';
import { endAttempt, endWithoutDefinition } from './end-attempt.js';
import { giveBackDelivery } from './give-back-delivery.js';
import { insist, untilAnswered, type ExecutorContext } from './executor-context.js';
import { HistoryNotes } from './history-notes.js';
import { LogBuffer } from './log-buffer.js';
import { resolveOutputs } from './output-parameters.js';
import { describeOverrun } from './overrun.js';
import { resolveEvents } from './resolve-events.js';
import { chainOf, readCheckpoint, tellDamage } from './restore-checkpoint.js';
import type { Services } from './services.js';

/** What became of a delivery. */
export type DeliveryOutcome =
  /** Another executor has it, or is to have it, or it is over: nothing was done. */
  | { readonly kind: 'declined'; readonly refusal: string }
  /** It ran here and its end was recorded. */
  | { readonly kind: 'recorded'; readonly status: string; readonly execution: ExecutionRecord }
  /** It ran here, and somebody else has decided about it meanwhile. */
  | { readonly kind: 'refused'; readonly refusal: string; readonly execution: ExecutionRecord };

/**
 * Takes delivery of an execution: claims it, runs its body and records how that ended
 * (specification: Executor Subsystem).
 */
export async function runAttempt(context: ExecutorContext, executionId: string): Promise<DeliveryOutcome> {
  const nonce = context.services.ids.next();
  // From before the claim on: no request to stop falls in between.
  const watch = new CancelWatch(context.cancellations, executionId);
  try {
    return await claimAndRun(context, executionId, nonce, watch);
  } finally {
    watch.end();
  }
}

async function claimAndRun(
  context: ExecutorContext,
  executionId: string,
  nonce: string,
  watch: CancelWatch,
): Promise<DeliveryOutcome> {
  const claim = await insist(context, {
    event: 'CLAIM',
    execution_id: executionId,
    nonce,
    op: nonce,
    executor_id: context.executor_id,
    actor: context.executor_id,
    with_record: true,
  });
  if (!claim.ok && claim.refusal === 'NO_ROOM') await giveBackDelivery(context.services, executionId);
  if (!claim.ok || claim.record === undefined) {
    return { kind: 'declined', refusal: claim.ok ? 'NO_RECORD' : claim.refusal };
  }
  const execution = claim.record;
  const result = await runClaimed(context, execution, watch);
  if (result?.ok === true) return { kind: 'recorded', status: result.status, execution };
  return { kind: 'refused', refusal: result?.refusal ?? String(context.signal.reason), execution };
}

async function runClaimed(
  context: ExecutorContext,
  record: ExecutionRecord,
  watch: CancelWatch,
): Promise<TransitionResult | undefined> {
  const { catalog } = context.services;
  const definition = await untilAnswered(context, () =>
    catalog.definition(record.job_id, record.job_revision),
  );
  if (definition === undefined) return endWithoutDefinition(context, record);
  const began = context.services.clock.now();
  const logs = new LogBuffer(context.services.logs, record.execution_id);
  const notes = new HistoryNotes(context, record, logs);
  const stop = new AttemptStop(definition, context.signal, (verdict, extensions) =>
    notes.tell(verdict, describeOverrun(definition, verdict, extensions)),
  );
  watch.tell(stop.cancel);
  const checkpoints = new CheckpointSaver(context, record, (text) => logs.add('phi', text));
  const place = new AttemptPlace(context, record, stop);
  const datasets = new DatasetPublisher(context, record, (text) => logs.add('phi', text));
  const { vitals } = context;
  vitals.begin(record.execution_id);
  try {
    const end = await runBody(
      context,
      record,
      definition,
      { checkpoints, notes },
      {
        signal: stop.signal,
        onBeat: () => vitals.beat(record.execution_id),
        onProgress: (stage, records) => vitals.progress(record.execution_id, stage, records),
        onLog: (stream, text) => logs.add(stream, text),
        onCheckpoint: (checkpoint) => checkpoints.save(checkpoint),
        onPublish: (dataset) => datasets.publish(dataset),
        onRemoteWait: () => place.leave(),
        onLocalWork: () => place.comeBack(),
      },
    );
    // Not what comes while its end is recorded: a body that ended before it was stopped ended by itself.
    const { reason } = stop;
    // What it printed, saved and published is there once it has ended.
    await Promise.all([checkpoints.close(), datasets.close(), notes.close(), logs.flush()]);
    const elapsedMs = context.services.clock.now() - began;
    return await endAttempt(context, record, definition, { end, elapsedMs, reason });
  } finally {
    stop.clear();
    place.end();
    vitals.end(record.execution_id);
    await logs.flush();
  }
}

/** A claimed execution is this executor's alone to end while it holds the lease: nothing may be thrown past this. */
async function runBody(
  context: ExecutorContext,
  record: ExecutionRecord,
  definition: JobDefinition,
  { checkpoints, notes }: { readonly checkpoints: CheckpointSaver; readonly notes: HistoryNotes },
  hooks: AttemptHooks,
): Promise<AttemptEnd> {
  try {
    const saved = await untilAnswered(hooks, () => readCheckpoint(context.services, record, context.runner));
    checkpoints.resumedFrom(saved.checkpoint?.sequence ?? 0);
    await tellDamage(context, record, saved, notes);
    const attempt = await untilAnswered(hooks, () =>
      prepare(context.services, record, definition, saved.checkpoint?.state),
    );
    return await context.runner.run(attempt, hooks);
  } catch (error) {
    if (hooks.signal.aborted) return { kind: 'stopped', forced: false };
    const error_code = error instanceof PhiError ? error.code : 'EXEC_006_MODULE_FAILED';
    return {
      kind: 'failed',
      error_code,
      error_message: error instanceof Error ? error.message : String(error),
    };
  }
}

async function prepare(
  services: Services,
  record: ExecutionRecord,
  definition: JobDefinition,
  checkpoint: string | undefined,
): Promise<Attempt> {
  const chain_id = chainOf(record);
  const upstream = waitsForOthers(definition) ? await readUpstream(services, chain_id) : {};
  const parameters = mergeParameters(definition, record.parameters, (defaults) =>
    resolveOutputs(defaults, upstream),
  );
  return {
    execution_id: record.execution_id,
    run_id: record.run_id,
    attempt_number: record.attempt_number,
    chain_id,
    fence: record.fence ?? 0,
    job_revision: record.job_revision,
    definition,
    parameters: await resolveEvents(services, record, parameters),
    upstream,
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

/** Declared dependencies, and those that follow from data. */
function waitsForOthers({ dependencies, consumes, parameters }: JobDefinition): boolean {
  return (
    dependencies.length > 0 || consumes.length > 0 || findOutputReferences(parameters).references.length > 0
  );
}

async function readUpstream(services: Services, chainId: string): Promise<Attempt['upstream']> {
  const edges = await services.executions.decidedEdges(chainId);
  const met = edges.filter((edge) => edge.verdict === 'met').map((edge) => edge.execution_id);
  const upstreams = await services.executions.getMany(met);
  return Object.fromEntries(upstreams.map((upstream) => [upstream.job_id, outputsOf(upstream)]));
}

function outputsOf(record: ExecutionRecord): Readonly<Record<string, string>> {
  return record.result === undefined ? {} : (JSON.parse(record.result) as ExecutionResult).outputs;
}
