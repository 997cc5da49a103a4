import type { z } from 'zod';
import type { ModuleContext } from './module-context.js';
import { PhiError } from '@phi/core';
import { describeIssues } from './error-report.js';
import type { StageResultInput } from './stage-result.js';

export interface ModuleDefinition<S extends z.ZodType> {
  /** As in `pipeline_modules`, e.g. `ALPHA`. */
  readonly name: string;
  /** Of `parameters.<name>`. */
  readonly parameters: S;
  run(context: ModuleContext<z.output<S>>): Promise<StageResultInput>;
}

/** A module with its parameters' type closed over: what a registry holds. */
export interface Module {
  readonly name: string;
  readonly parameters: z.ZodType;
  /**
   * @throws PhiError EXEC_005_INVALID_CONFIG, naming every wrong field, if the parameters do not fit; else
   *   whatever the module throws
   */
  run(context: ModuleContext<unknown>): Promise<StageResultInput>;
}

/** Declares a module: its name, what parameters it takes, and its body. */
export const defineModule = <S extends z.ZodType>(definition: ModuleDefinition<S>): Module => ({
  name: definition.name,
  parameters: definition.parameters,
  async run(context) {
    const parsed = definition.parameters.safeParse(context.parameters);
    if (!parsed.success) {
      throw new PhiError(
        'EXEC_005_INVALID_CONFIG',
        describeIssues(`parameters.${definition.name}`, parsed.error),
        { operation: 'module.parameters', data: { module: definition.name } },
      );
    }
    return definition.run({ ...context, parameters: parsed.data });
  },
});
