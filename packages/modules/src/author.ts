// What the author of a handler imports (docs/module-kinds.md).
export { defineModule } from './contract/define-module.js';
export type { Module, ModuleDefinition } from './contract/define-module.js';
export type {
  LogFields,
  ModuleContext,
  ModuleLogger,
  StageCheckpoint,
  StageInputs,
} from './contract/module-context.js';
export type { StageResultInput } from './contract/stage-result.js';
