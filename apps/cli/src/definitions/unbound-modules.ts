import { BUILTIN_MODULES, nearest, type DefinitionSet, type LoadResult, type Problem } from '@phi/core';

/**
 * Modules that jobs name, and that neither come with Phi nor are bound in the files: executors may know them, so it is only worth a word.
 */
export function unboundModules(
  { jobs, modules }: Pick<DefinitionSet, 'jobs' | 'modules'>,
  locate: LoadResult['locate'],
): Problem[] {
  const known = [...BUILTIN_MODULES, ...Object.keys(modules)];
  return jobs.flatMap(({ job_id, pipeline_modules }) =>
    pipeline_modules.flatMap((name, index) => {
      if (known.includes(name)) return [];
      const guess = nearest(name, known);
      const reason = `no module of this name is among the files${guess === undefined ? '' : `; did you mean ${guess}?`}`;
      const accepted = `${known.join(', ')}, or one that is bound where the executors run`;
      return [locate({ job_id, path: ['pipeline_modules', index], value: name, reason, accepted })];
    }),
  );
}
