import type { JsonValue } from '@phi/core';
import { z } from 'zod';
import { jsonText } from '../contract/json-text.js';
import { stageReportSchema, stageStateSchema } from './attempt-spec.js';
import type { AttemptSpec, StageReport } from './attempt-spec.js';

const progressSchema = z.object({
  completed_stages: z.array(stageReportSchema),
  checkpoint: stageStateSchema.optional(),
});

/** How far an attempt has got, as the text that is kept as its checkpoint. */
export class AttemptProgress {
  readonly #completed: StageReport[];
  #checkpoint: AttemptSpec['resume']['checkpoint'];

  constructor(resume: AttemptSpec['resume']) {
    this.#completed = [...resume.completed_stages];
    this.#checkpoint = resume.checkpoint;
  }

  /** The stage's own state is of no more use: its result takes its place. */
  complete(report: StageReport): string {
    this.#completed.push(report);
    this.#checkpoint = undefined;
    return this.#text();
  }

  save(stage: string, state: JsonValue): string {
    this.#checkpoint = { stage, state };
    return this.#text();
  }

  #text(): string {
    const progress: z.infer<typeof progressSchema> = { completed_stages: this.#completed };
    return JSON.stringify(
      this.#checkpoint === undefined ? progress : { ...progress, checkpoint: this.#checkpoint },
    );
  }
}

/**
 * Where to resume. Text that cannot be read, or that is of other stages than the job has now, means from the start.
 *
 * @param text as an AttemptProgress gave it, or undefined
 */
export const readProgress = (text: string | undefined, stages: readonly string[]): AttemptSpec['resume'] => {
  const fresh = { completed_stages: [] };
  if (text === undefined) return fresh;
  const parsed = parseProgress(text);
  if (!parsed.success) return fresh;
  const fits = parsed.data.completed_stages.every((report, index) => report.stage === stages[index]);
  return fits ? parsed.data : fresh;
};

/** Whether text is what an AttemptProgress gave. */
export const isProgress = (text: string): boolean => parseProgress(text).success;

const parseProgress = (text: string): z.ZodSafeParseResult<z.infer<typeof progressSchema>> =>
  jsonText(progressSchema).safeParse(text);
