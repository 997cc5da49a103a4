import * as z from 'zod';
import { DAY_SECONDS, acceptedTexts } from './field-types.js';

/** What a remote module is asked as (docs/module-contract.md). */
export const JOB_REQUEST_TYPES = ['INGESTION', 'TRANSFORMATION', 'OUTPUT', 'GENERIC'] as const;
export type JobRequestType = (typeof JOB_REQUEST_TYPES)[number];

/** What a binding of kind `http` has where it says nothing, times in seconds. */
export const HTTP_BINDING_DEFAULTS = {
  poll_interval_seconds: 1,
  poll_interval_max_seconds: 30,
  request_timeout_seconds: 10,
  unreachable_seconds: 300,
  cancel_timeout_seconds: 30,
  callback: false,
} as const;

const span = (min: number, max: number, name: keyof typeof HTTP_BINDING_DEFAULTS, purpose: string) =>
  z
    .number()
    .min(min)
    .max(max)
    .optional()
    .describe(`${purpose} Default: ${String(HTTP_BINDING_DEFAULTS[name])}.`);

/** A secret of the process that drives the module, by name; as in a job's parameters. */
const secretReference = z.strictObject({
  secret: z.string().min(1).max(128).describe('Its name: its value stands in PHI_SECRET_<name>.'),
});

/** RFC 9110's token, without what Phi sets itself. */
const headerName = z
  .string()
  .regex(
    /^(?!(?:host|connection|content-length|content-type|transfer-encoding|idempotency-key|phi-fence)$)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/i,
    { error: 'is not the name of a header that may be set' },
  )
  .register(acceptedTexts, { accepted: 'a header’s name such as Authorization' });

const headerValue = z
  .string()
  .max(8192)
  .regex(/^[\t\x20-\x7e]*$/, { error: 'is not the value of a header' })
  .register(acceptedTexts, { accepted: 'printable characters, or {secret: NAME}' });

/** A remote service that speaks the module contract. */
export const httpBindingSchema = z.strictObject({
  kind: z.literal('http').describe('A remote service that speaks the module contract.'),
  url: z
    .url({ protocol: /^https?$/, error: 'is not an address' })
    .register(acceptedTexts, { accepted: 'an address such as https://alpha.example/api' })
    .describe('Its base address.'),
  request: z
    .enum(JOB_REQUEST_TYPES)
    .optional()
    .describe(
      'What it is asked as. Default: INGESTION for ALPHA, TRANSFORMATION for BETA, OUTPUT for GAMMA, else GENERIC.',
    ),
  headers: z
    .record(headerName, z.union([headerValue, secretReference]))
    .optional()
    .describe('Sent with every request; a value may be {secret: NAME}.'),
  poll_interval_seconds: span(
    0.01,
    3600,
    'poll_interval_seconds',
    'The first pause between two looks at a job; it grows.',
  ),
  poll_interval_max_seconds: span(
    0.01,
    3600,
    'poll_interval_max_seconds',
    'The longest pause between two looks at a job.',
  ),
  request_timeout_seconds: span(
    0.05,
    300,
    'request_timeout_seconds',
    'How long one answer may take, its last byte included.',
  ),
  unreachable_seconds: span(
    0,
    DAY_SECONDS,
    'unreachable_seconds',
    'How long a module that gives no usable answer is waited for before the attempt fails.',
  ),
  cancel_timeout_seconds: span(
    0.05,
    3600,
    'cancel_timeout_seconds',
    'How long an attempt waits until a cancelled job is confirmed to be gone.',
  ),
  callback: z
    .boolean()
    .optional()
    .describe('Whether the module may tell of changes instead of being asked. Default: false.'),
});
export type HttpBinding = z.infer<typeof httpBindingSchema>;
