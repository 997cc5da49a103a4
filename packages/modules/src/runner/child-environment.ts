const PASSED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH'];

/**
 * What children see of their process's environment: what a program needs to run, and no more.
 *
 * @param variables an environment
 */
export const childEnvironment = (
  variables: Readonly<Record<string, string | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    PASSED.flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]]])),
  );
