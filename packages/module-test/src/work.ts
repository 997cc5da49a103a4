import type { ModuleDescription } from '@phi/modules';
import * as z from 'zod';

const outputs = z.record(z.string(), z.record(z.string(), z.string()));

/** The work that a module is asked for: a job request without who asks. */
export const workSchema = z.strictObject({
  type: z.enum(['INGESTION', 'TRANSFORMATION', 'OUTPUT', 'GENERIC']),
  parameters: z.record(z.string(), z.unknown()),
  inputs: z.strictObject({ stages: outputs.default({}), jobs: outputs.default({}) }).optional(),
  /** The module's name in `pipeline_modules`. Default: the first that the module says it has. */
  stage: z.string().min(1).optional(),
});
export type Work = z.infer<typeof workSchema>;

/** What is asked where the tester is not told. */
export interface UsualWork {
  readonly quick: Work;
  /** Takes at least seconds: there must be time to stop it. */
  readonly slow?: Work;
}

const transformation = (sql: string): Work => ({
  type: 'TRANSFORMATION',
  stage: 'BETA',
  parameters: { profile: { sql }, inputs: {} },
});

/** Names of modules that cannot do anything without data of their own. */
const NEED_DATA = new Set(['ALPHA', 'GAMMA', 'EPSILON']);

/**
 * Work for a module that nobody said anything of: for BETA a constant, for a module of its own name nothing at all.
 *
 * @returns undefined where there is none that could be done
 */
export function usualWork({ names }: ModuleDescription): UsualWork | undefined {
  if (names.includes('BETA'))
    return {
      quick: transformation('SELECT 42 AS answer'),
      slow: transformation(
        'SELECT sum(hash(a.range + b.range)::DOUBLE) AS total FROM range(1000000) a, range(1000000) b',
      ),
    };
  const stage = names.find((name) => !NEED_DATA.has(name));
  return stage === undefined ? undefined : { quick: { type: 'GENERIC', stage, parameters: {} } };
}
