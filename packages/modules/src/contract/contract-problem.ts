import { z } from 'zod';

/** Why a module refuses a request, beside the HTTP status. */
export const CONTRACT_PROBLEMS = {
  INVALID_REQUEST: {
    status: 400,
    means: 'The request does not follow the contract, or its parameters are wrong.',
  },
  UNKNOWN_JOB: { status: 404, means: 'No job has that reference (any more).' },
  KEY_REUSED: { status: 409, means: 'Another request was submitted under that Idempotency-Key.' },
  STALE_FENCE: { status: 409, means: 'A later attempt of the chain has been here already.' },
  OVERLOADED: { status: 429, means: 'Too many requests or jobs; Retry-After says when to come again.' },
  UNAVAILABLE: { status: 503, means: 'Not now; Retry-After says when to come again.' },
} as const;
export type ContractProblemCode = keyof typeof CONTRACT_PROBLEMS;

/** The body of every refusal (RFC 9457), as application/problem+json. */
export const contractProblemSchema = z.object({
  type: z.string().default('about:blank'),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string().optional(),
  code: z
    .string()
    .optional()
    .describe(`One of ${Object.keys(CONTRACT_PROBLEMS).join(', ')}, or one of the module’s own.`),
});
export type ContractProblem = z.infer<typeof contractProblemSchema>;
