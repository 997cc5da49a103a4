import { z } from 'zod';

/** What a child is told when it starts, as its one argument (JSON). */
export const childSetupSchema = z.object({
  parent_pid: z.number().int().positive(),
  /** Modules beside the built-in ones: name → URL of a file that exports `module`. */
  extra_modules: z.record(z.string(), z.string()),
});
export type ChildSetup = z.infer<typeof childSetupSchema>;
