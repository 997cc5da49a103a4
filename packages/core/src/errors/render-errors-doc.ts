import { ERROR_CODE_GROUPS, ERROR_CODES, type ErrorCodeGroup } from './error-codes.js';

const HEADINGS: Record<ErrorCodeGroup, string> = {
  SCHEDULING: 'Scheduling',
  DEPENDENCY: 'Dependencies',
  EXECUTION: 'Executions',
  RESOURCE: 'Resources',
  STATE: 'State corruption',
  SKIP: 'Skips',
  CANCELLATION: 'Cancellations',
  API: 'Control plane',
};

const INTRODUCTION = `# Error codes

<!-- Generated from packages/core/src/errors/codes: change the tables there. -->

Every refusal, failure and skip carries one of these codes. A policy or the configuration may name a code whole
(\`EXEC_011_TIMEOUT\`) or by its name alone (\`TIMEOUT\`), which matches every code that ends in it.

Whether a failure is retried follows from \`retry_policy.non_retryable_errors\`; then, if it is not empty, from
\`retry_policy.retryable_errors\`; then from \`TRANSIENT_ERROR_CODES\` and \`PERMANENT_ERROR_CODES\`, and at last from
\`DEFAULT_ERROR_CATEGORY\`. The category here is what the defaults of these make of a code. An attempt that was lost with its
executor is repeated whatever the policy says, three times at most.
`;

/** The whole of docs/errors.md. */
export function renderErrorsDoc(): string {
  return [INTRODUCTION, ...ERROR_CODE_GROUPS.map(renderGroup)].join('\n');
}

function renderGroup(group: ErrorCodeGroup): string {
  const rows = ERROR_CODES.filter((entry) => entry.category === group).map(
    (entry) =>
      `| \`${entry.code}\` | ${entry.error_category ?? '–'} | ${entry.message} | ${entry.what_to_do} |`,
  );
  return [
    `## ${HEADINGS[group]}`,
    '',
    '| code | category | what it means | what to do |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
