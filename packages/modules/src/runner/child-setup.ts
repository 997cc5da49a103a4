import { z } from 'zod';

/** A module that a child can run. */
export const childModuleSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('builtin'), module: z.string() }),
  /** `url` of an ES module that exports it. */
  z.object({ kind: z.literal('handler'), url: z.string() }),
]);
export type ChildModule = z.infer<typeof childModuleSchema>;

/** What a child is told when it starts, as its one argument (JSON). */
export const childSetupSchema = z.object({
  parent_pid: z.number().int().positive(),
  /** What the names of modules stand for. */
  modules: z.record(z.string(), childModuleSchema),
});
export type ChildSetup = z.infer<typeof childSetupSchema>;
