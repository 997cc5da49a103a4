import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { executionContextSchema } from '../contract/execution-context.js';
import { stageResultSchema } from '../contract/stage-result.js';

const absolutePath = z.string().refine(isAbsolute, { error: 'expected an absolute path' });
const outputs = z.record(z.string(), z.string());

/** A stage that is done. It is what a checkpoint between stages holds. */
export const stageReportSchema = z.object({
  stage: z.string().min(1),
  result: stageResultSchema,
  duration_seconds: z.number().nonnegative(),
});
export type StageReport = z.infer<typeof stageReportSchema>;

/** What a stage saved: a text or another JSON value. */
export const stageStateSchema = z.object({ stage: z.string(), state: z.json() });

/** One attempt of one execution, as it is handed to a child: all its stages, in order. */
export const attemptSpecSchema = executionContextSchema.extend({
  /** The first attempt's id. */
  chain_id: z.string().min(1),
  /** Grows with every attempt of the chain. */
  fence: z.number().int().nonnegative(),
  job_type: z.string().min(1),
  job_revision: z.number().int().nonnegative(),
  /** The execution's `pipeline_modules`. */
  stages: z.array(z.string().min(1)).min(1),
  /** The execution's parameters; each stage gets `parameters.<module>`. */
  parameters: z.record(z.string(), z.unknown()),
  /** Outputs of the upstream executions, by `job_id`. */
  upstream: z.record(z.string(), outputs).default({}),
  source_dir: absolutePath,
  data_dir: absolutePath,
  output_dir: absolutePath,
  /** Made if it is not there; the caller removes it. */
  workdir: absolutePath,
  /** The events that triggered the execution. */
  events: z.array(z.unknown()).default([]),
  /** Where lookup caches are kept. */
  cache: z.object({ redis_url: z.string().min(1), namespace: z.string().min(1) }).optional(),
  /** The entries of PHI_HTTP_ALLOW. */
  http_allow: z.array(z.string()).default([]),
  resources: z
    .object({
      memory_mb: z.number().int().min(64),
      cpu_cores: z.number().positive(),
      disk_mb: z.number().int().positive().optional(),
    })
    .default({ memory_mb: 1024, cpu_cores: 2 }),
  /** Rule 13. */
  heartbeat: z
    .object({
      heartbeat_interval_seconds: z.number().positive(),
      missed_heartbeat_limit: z.number().min(1),
      watch_progress: z.boolean(),
    })
    .default({ heartbeat_interval_seconds: 30, missed_heartbeat_limit: 3, watch_progress: false }),
  /** Rule 14's `checkpoint_interval_seconds`. */
  checkpoint_interval_seconds: z.number().positive().default(300),
  /** CHECKPOINT_MAX_BYTES. */
  checkpoint_max_bytes: z.number().int().positive().default(1_048_576),
  /** How long the attempt may take in all; whoever hands it over stops it then. */
  timeout_seconds: z.number().positive().optional(),
  /** Where an earlier attempt of the execution's chain got to. */
  resume: z
    .object({
      completed_stages: z.array(stageReportSchema).default([]),
      /** State that the next stage saved last. */
      checkpoint: stageStateSchema.optional(),
    })
    .default({ completed_stages: [] }),
});
export type AttemptSpec = z.infer<typeof attemptSpecSchema>;
/** What a caller writes: what has a default can be left out. */
export type AttemptSpecInput = z.input<typeof attemptSpecSchema>;
