import * as z from 'zod';
import { commandBindingSchema } from './command-binding.js';
import { httpBindingSchema } from './http-binding.js';
import { BUILTIN_MODULES } from './job-definition.js';
import { queueBindingSchema } from './queue-binding.js';

export const MODULE_KINDS = ['builtin', 'handler', 'command', 'http', 'queue'] as const;
export type ModuleKind = (typeof MODULE_KINDS)[number];

/** What a module name stands for: how Phi drives it. */
export const moduleBindingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('builtin').describe('A module shipped with Phi.'),
    module: z.enum(BUILTIN_MODULES).describe('Which one.'),
  }),
  z.strictObject({
    kind: z.literal('handler').describe('A function of yours, run in a child process.'),
    path: z.string().min(1).max(4096).describe('File that exports it.'),
  }),
  commandBindingSchema,
  httpBindingSchema,
  queueBindingSchema,
]);
export type ModuleBinding = z.infer<typeof moduleBindingSchema>;
