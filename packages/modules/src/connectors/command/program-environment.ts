import type { CommandBinding } from '@phi/core';
import { resolveSecrets, type Secrets } from '../../secrets/resolve-secrets.js';

/** What programs are given of their executor. */
export interface ProgramSurroundings {
  /** What every program gets: PATH and the like. */
  readonly env: Readonly<Record<string, string>>;
  /** The executor's own variables, of which a binding passes on what it names. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly secrets: Secrets;
}

/** The files by which a program and its executor talk; absolute paths. */
export interface ControlFiles {
  readonly request: string;
  readonly checkpoint: string;
  readonly result: string;
}

/**
 * The whole environment of a program: nothing else is inherited.
 *
 * @throws PhiError EXEC_005_INVALID_CONFIG for a secret that is not there
 */
export const programEnvironment = (
  binding: Pick<CommandBinding, 'env' | 'pass_env'>,
  { env, variables, secrets }: ProgramSurroundings,
  files: ControlFiles,
): Record<string, string> => {
  const passed = binding.pass_env.flatMap((name) => {
    const value = variables[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const own = Object.entries(binding.env).map(
    ([name, value]) => [name, String(resolveSecrets(value, secrets, `env.${name}`))] as const,
  );
  return {
    ...env,
    ...Object.fromEntries([...passed, ...own]),
    PHI_REQUEST: files.request,
    PHI_CHECKPOINT: files.checkpoint,
    PHI_RESULT: files.result,
  };
};
