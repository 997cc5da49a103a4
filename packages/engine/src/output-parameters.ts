import {
  findOutputReferences,
  PhiError,
  type JsonObject,
  type JsonValue,
  type OutputReference,
} from '@phi/core';

/** Outputs of upstream executions, by job_id and name. */
export type UpstreamOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * A job's parameters with outputs of its upstreams in the place of `${{ jobs.<job_id>.outputs.<name> }}`
 * (specification: Dependency Resolver, Data Dependencies).
 *
 * @param parameters - as the job defines them; nothing that a trigger brings is looked into
 * @throws PhiError DEP_008_OUTPUT_MISSING when an upstream has no such output
 */
export function resolveOutputs(parameters: JsonObject, upstream: UpstreamOutputs): JsonObject {
  const { references } = findOutputReferences(parameters);
  if (references.length === 0) return parameters;
  const resolved = structuredClone(parameters);
  // From the last to the first, so that what stands before keeps its place.
  for (const reference of references.toReversed())
    replace(resolved, reference, outputOf(reference, upstream));
  return resolved;
}

function outputOf({ job_id, output }: OutputReference, upstream: UpstreamOutputs): string {
  const outputs = Object.hasOwn(upstream, job_id) ? upstream[job_id] : undefined;
  const value = outputs !== undefined && Object.hasOwn(outputs, output) ? outputs[output] : undefined;
  if (value !== undefined) return value;
  const reason = outputs === undefined ? 'no execution of it was used' : 'it has none of that name';
  throw new PhiError('DEP_008_OUTPUT_MISSING', `output ${output} of job ${job_id} is missing: ${reason}`, {
    operation: 'engine.resolve-outputs',
    data: { job_id, output },
  });
}

function replace(root: JsonObject, { path, start, end }: OutputReference, value: string): void {
  let holder: JsonValue = root;
  for (const step of path.slice(0, -1)) holder = member(holder, step);
  const last = path.at(-1) ?? '';
  const text = member(holder, last);
  if (typeof text === 'string') {
    (holder as Record<string | number, JsonValue>)[last] = text.slice(0, start) + value + text.slice(end);
  }
}

function member(holder: JsonValue, step: string | number): JsonValue {
  return (holder as Record<string | number, JsonValue>)[step] ?? null;
}
