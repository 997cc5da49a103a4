import * as z from 'zod';
import { ACCEPTED_PLACEHOLDERS, parseArgument } from './argument-template.js';
import { acceptedTexts } from './field-types.js';

const MAX_ARGUMENTS = 256;
const MAX_VARIABLES = 100;

/** What the executor tells every program goes by these; its secrets as well. */
const RESERVED = /^PHI_/;

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, { error: 'is not the name of a variable' })
  .refine((name) => !RESERVED.test(name), { error: 'is a name that Phi sets itself' })
  .register(acceptedTexts, {
    accepted: 'letters, digits and "_", not beginning with a digit or with PHI_',
  });

const secretName = z
  .string()
  .regex(/^[A-Za-z0-9_]{1,128}$/, { error: 'is not the name of a secret' })
  .register(acceptedTexts, { accepted: 'NAME of the variable PHI_SECRET_NAME' });

const withoutNul = z
  .string()
  .max(4096)
  .refine((text) => !text.includes('\0'), { error: 'has a NUL character' });

const argument = withoutNul
  .superRefine((text, context) => {
    const template = parseArgument(text);
    if (!template.ok) context.addIssue({ code: 'custom', message: template.reason });
  })
  .register(acceptedTexts, { accepted: `text, with placeholders such as ${ACCEPTED_PLACEHOLDERS}` });

const argv = z
  .array(argument)
  .min(1)
  .max(MAX_ARGUMENTS)
  .refine(([program = '']) => program !== '' && !program.includes('${{'), {
    path: [0],
    error: 'does not name one program',
  })
  .register(acceptedTexts, { accepted: 'the program, without placeholders, then its arguments' });

const exitCode = z.int().min(0).max(255);

/** A program that runs a stage (docs/module-kinds.md). */
export const commandBindingSchema = z.strictObject({
  kind: z.literal('command').describe('Any program; never a shell.'),
  argv: argv.describe(
    'The program and its arguments. What begins with ./ or ../ is relative to the file of modules; a placeholder never becomes more than one argument.',
  ),
  allow_dashes: z
    .boolean()
    .default(false)
    .describe('Whether an argument that begins with a placeholder may begin with "-".'),
  env: z
    .record(
      variableName,
      z.union([withoutNul, z.strictObject({ secret: secretName.describe('Which secret.') })]),
    )
    .refine((env) => Object.keys(env).length <= MAX_VARIABLES, {
      error: `has more than ${String(MAX_VARIABLES)} variables`,
    })
    .default({})
    .describe('Variables of the program: a text, or {secret: NAME}.'),
  pass_env: z
    .array(variableName)
    .max(MAX_VARIABLES)
    .default([])
    .describe('Variables of the executor that the program gets as well.'),
  success_exit_codes: z.array(exitCode).min(1).max(256).default([0]).describe('Exit statuses of a success.'),
  retryable_exit_codes: z
    .array(exitCode)
    .max(256)
    .default([])
    .describe('Exit statuses of a failure that passes: EXEC_025_TEMPORARY_EXIT.'),
});
export type CommandBinding = z.infer<typeof commandBindingSchema>;
