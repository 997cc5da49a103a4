import { reportError } from '../contract/error-report.js';
import { resolveSecrets, type Secrets } from '../secrets/resolve-secrets.js';
import { stoppedOutcome, type AttemptHooks, type AttemptOutcome } from '../runner/attempt-outcome.js';
import { summarizeStages } from '../runner/attempt-result.js';
import type { AttemptSpec, AttemptSpecInput, StageReport } from '../runner/attempt-spec.js';
import type { Connector } from './connector.js';

/** What a pipeline's stages are driven with. */
export interface PipelineHost {
  /** @throws PhiError EXEC_016_MODULE_NOT_REGISTERED */
  connectorOf(module: string): Connector;
  readonly secrets: Secrets;
}

/** Consecutive stages that one connector runs in one go. */
interface Leg {
  readonly connector: Connector;
  readonly stages: readonly string[];
}

const legFrom = (stages: readonly string[], from: number, host: PipelineHost): Leg => {
  const connector = host.connectorOf(stages[from] ?? '');
  let end = from + 1;
  while (connector.takesSeveral && end < stages.length && host.connectorOf(stages[end] ?? '') === connector)
    end += 1;
  return { connector, stages: stages.slice(from, end) };
};

/** Only what the leg needs: a program or remote module sees no other stage's parameters. */
const parametersOf = (
  leg: Leg,
  parameters: AttemptSpec['parameters'],
  secrets: Secrets,
): AttemptSpec['parameters'] =>
  Object.fromEntries(
    leg.stages
      .filter((stage) => Object.hasOwn(parameters, stage))
      .map((stage) => [
        stage,
        leg.connector.keepsReferences === true
          ? parameters[stage]
          : resolveSecrets(parameters[stage], secrets, `parameters.${stage}`),
      ]),
  );

/**
 * Runs the stages of an attempt in order, each by the connector that its module is bound to; those that an earlier attempt completed are
 * not run again (specification: Execution Coordination).
 *
 * @returns the outcome of the whole; none is an exception
 */
export const runPipeline = async (
  spec: AttemptSpecInput & Pick<AttemptSpec, 'resume'>,
  host: PipelineHost,
  hooks: AttemptHooks,
): Promise<AttemptOutcome> => {
  let done: readonly StageReport[] = spec.resume.completed_stages;
  while (done.length < spec.stages.length) {
    const outcome = await runLeg(spec, done, host, hooks);
    if (outcome.kind !== 'succeeded') return outcome;
    done = outcome.result.stages;
  }
  return { kind: 'succeeded', result: summarizeStages(done) };
};

const runLeg = async (
  spec: AttemptSpecInput & Pick<AttemptSpec, 'resume'>,
  done: readonly StageReport[],
  host: PipelineHost,
  hooks: AttemptHooks,
): Promise<AttemptOutcome> => {
  const stage = spec.stages[done.length] ?? '';
  try {
    const leg = legFrom(spec.stages, done.length, host);
    await (leg.connector.isRemote ? hooks.onRemoteWait?.() : hooks.onLocalWork?.());
    hooks.signal.throwIfAborted();
    const attempt = {
      ...spec,
      stages: spec.stages.slice(0, done.length + leg.stages.length),
      parameters: parametersOf(leg, spec.parameters, host.secrets),
      resume: { ...spec.resume, completed_stages: [...done] },
    };
    return await leg.connector.run(attempt, hooks);
  } catch (error) {
    if (hooks.signal.aborted) return stoppedOutcome(hooks.signal, 'GRACEFUL');
    return { kind: 'failed', stage, error: reportError(error, stage) };
  }
};
