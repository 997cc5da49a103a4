import { UNSUPPORTED } from '../definition/unsupported.js';
import { PARAMETERS } from '../config/parameters.js';
import { EVALUATION_ORDER, type EvaluationStep } from './evaluation-order.js';
import { RULES, type Rule, type RuleField } from './rule-table.js';

const INTRODUCTION = `# Rules

<!-- Generated from packages/core/src/rules: change rule-table.ts and evaluation-order.ts there. -->

Seventeen rules decide about every execution: whether it may run, when, beside whom, and what follows its end. Each is a pure
function in a file of its own in \`packages/core/src/rules\`. What many may change at once is decided by a script in Redis; the file
then states what the script decides, and tests hold the two together.

What a job does not say comes from \`defaults\` of the namespace, then from the value here. \`phi explain EXECUTION\` shows how an
execution went through them.

## Evaluation order
`;

/** The whole of docs/rules.md. */
export function renderRulesDoc(): string {
  return [INTRODUCTION, ...renderOrder(EVALUATION_ORDER), '', ...RULES.flatMap(renderRule)].join('\n');
}

function renderOrder(steps: readonly EvaluationStep[]): string[] {
  return [
    '| step | | rules |',
    '| --- | --- | --- |',
    ...steps.map(({ step, name, rules }) => `| ${String(step)} | ${name} | ${rules.join(', ') || '–'} |`),
  ];
}

function renderRule({ number, name, asks, fields, decided_in }: Rule): string[] {
  const where =
    decided_in.length === 0
      ? 'Not decided yet.'
      : `Decided in ${decided_in.map((file) => `\`${file}\``).join(', ')}.`;
  return [
    `## ${String(number)}. ${name}`,
    '',
    `${asks} ${where}`,
    '',
    '| field | default | |',
    '| --- | --- | --- |',
    ...fields.map(renderField),
    '',
  ];
}

function renderField(field: RuleField): string {
  return `| \`${field.field}\` | ${renderDefault(field.default)} | ${notesOn(field.field)} |`;
}

function renderDefault(of: RuleField['default']): string {
  if ('value' in of) return `\`${String(of.value)}\``;
  if ('words' in of) return of.words;
  return `\`${of.parameter}\` (${String(PARAMETERS[of.parameter].default)})`;
}

/** What this build does not act on. */
function notesOn(field: string): string {
  const rows = UNSUPPORTED.filter(({ path }) => path === field || field.startsWith(`${path}.`));
  return rows.map(({ reason }) => reason).join('; ');
}
