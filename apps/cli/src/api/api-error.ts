import { findErrorCode, formatProblem, problemSchema } from '@phi/core';
import * as z from 'zod';

import { CliError } from '../cli-error.js';
import { plainText } from '../output/plain-text.js';

/** RFC 9457 problem details as the CLI reads them: a newer API may say more. */
const problemDetailsSchema = z.looseObject({
  title: z.string().optional(),
  detail: z.string().optional(),
  code: z.string().optional(),
  problems: z.array(problemSchema.loose()).optional(),
});

/** Statuses that say the request itself is at fault; trying it again would change nothing. */
const INVALID = new Set([400, 413, 415, 422]);

/** An answer that is not a success, with everything that the API says about it. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly lines: readonly string[];

  /** @param nameOf - what to call a field of the request */
  constructor(
    readonly status: number,
    private readonly body: string,
    nameOf: (field: string) => string = (field) => field,
  ) {
    const details = readProblem(body);
    const head = headline(status, details, body);
    super(head);
    const problems = (details?.problems ?? []).map((problem) => ({
      ...problem,
      field: nameOf(problem.field),
    }));
    this.lines = [head, ...problems.map(formatProblem), ...adviceFor(details?.code)].map(plainText);
  }

  /** The same in the words of who made the request. */
  naming(nameOf: (field: string) => string): ApiRefusal {
    return new ApiRefusal(this.status, this.body, nameOf);
  }

  /** As the end of a command. */
  toCliError(): CliError {
    return INVALID.has(this.status) ? CliError.invalid(this.lines, this) : CliError.failed(this.lines, this);
  }
}

type ProblemDetails = z.infer<typeof problemDetailsSchema>;

function readProblem(body: string): ProblemDetails | undefined {
  try {
    const parsed = problemDetailsSchema.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function headline(status: number, problem: ProblemDetails | undefined, body: string): string {
  if (problem === undefined) return `the API answered ${String(status)}: ${body.slice(0, 200)}`;
  const { code, title, detail } = problem;
  const words = detail ?? title;
  return [code ?? `status ${String(status)}`, ...(words === undefined ? [] : [words])].join(': ');
}

function adviceFor(code: string | undefined): string[] {
  const entry = code === undefined ? undefined : findErrorCode(code);
  return entry === undefined ? [] : [`what to do: ${entry.what_to_do}`];
}
