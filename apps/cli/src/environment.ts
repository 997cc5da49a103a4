import { formatProblem, parseConfig, type PhiConfig, type Problem } from '@phi/core';
import * as z from 'zod';

import { CliError } from './cli-error.js';

const address = z.url({ protocol: /^https?$/ });
const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .refine((value) => value >= 1 && value <= 65_535);

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** The variables of the CLI itself, beside the configuration parameters of the specification. */
const variablesSchema = z.object({
  /** Where the API is. */
  PHI_API_URL: address.optional(),
  /** Its port on this machine, where PHI_API_URL is not set. */
  PHI_API_PORT: port.optional(),
  PHI_API_KEY: z.string().optional(),
  /** Where a local instance keeps its files, `admin.key` among them. */
  PHI_DATA_DIR: z.string().optional(),
  /** Where served modules may read sources from, and write deliveries to. */
  PHI_SOURCE_DIR: z.string().optional(),
  PHI_OUTPUT_DIR: z.string().optional(),
  /** Demanded of whoever asks served modules, and sent to those that are tested. */
  PHI_MODULES_TOKEN: z.string().optional(),
  PHI_LOG_LEVEL: z.enum(LOG_LEVELS).optional(),
  /** Any value turns colours off (no-color.org). */
  NO_COLOR: z.string().optional(),
});

const ACCEPTED: Readonly<Record<string, string>> = {
  PHI_API_URL: 'http://host:port or https://host:port',
  PHI_API_PORT: 'a whole number from 1 to 65535',
  PHI_LOG_LEVEL: LOG_LEVELS.join(', '),
};

export interface Environment extends z.infer<typeof variablesSchema> {
  /** What definitions are filled in from, where no server does it. */
  readonly config: PhiConfig;
}

/**
 * Reads the environment; a variable set to nothing counts as not set.
 *
 * @throws CliError naming every wrong variable
 */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = variablesSchema.safeParse(given);
  const config = parseConfig(given);
  if (parsed.success && config.ok) return { ...parsed.data, config: config.config };
  const wrong = parsed.success ? [] : parsed.error.issues.map(({ path }) => String(path[0]));
  const problems = [
    ...wrong.map((name) => wrongVariable(name, given[name])),
    ...(config.ok ? [] : config.problems),
  ];
  throw CliError.invalid(problems.map(formatProblem));
}

function wrongVariable(field: string, value: string | undefined): Problem {
  return { field, reason: `cannot be ${JSON.stringify(value)}`, accepted: ACCEPTED[field] ?? '' };
}
