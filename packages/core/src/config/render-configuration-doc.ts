import * as z from 'zod';
import { acceptedByParameter } from './parse-config.js';
import {
  PARAMETER_GROUPS,
  PARAMETER_NAMES,
  PARAMETERS,
  type ParameterGroup,
  type ParameterName,
} from './parameters.js';

const INTRODUCTION = `# Configuration

<!-- Generated from packages/core/src/config/parameters.ts: change the table there. -->

Every service reads these from its environment when it starts, and refuses to start when one is wrong, naming all that are.
Numbers are written in digits alone, booleans as \`true\`, \`false\`, \`1\` or \`0\`, lists separated by commas.
`;

/** The whole of docs/configuration.md. */
export function renderConfigurationDoc(): string {
  return [INTRODUCTION, ...PARAMETER_GROUPS.map(renderGroup)].join('\n');
}

function renderGroup(group: ParameterGroup): string {
  const rows = PARAMETER_NAMES.filter((name) => PARAMETERS[name].group === group).map(renderRow);
  return [
    `## ${group}`,
    '',
    '| name | type | default | range | unit | what it is for |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function renderRow(name: ParameterName): string {
  const { schema, default: defaultValue, unit, description } = PARAMETERS[name];
  const cells = [
    `\`${name}\``,
    typeOf(schema),
    defaultText(defaultValue),
    rangeOf(name),
    unit ?? '',
    description,
  ];
  return `| ${cells.join(' | ')} |`;
}

function defaultText(value: unknown): string {
  const text = String(value);
  return text === '' ? 'nothing' : `\`${text}\``;
}

function typeOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodBoolean) return 'Boolean';
  if (schema instanceof z.ZodNumber) return schema.isInt ? 'Integer' : 'Float';
  return schema instanceof z.ZodArray ? 'List' : 'String';
}

function rangeOf(name: ParameterName): string {
  const { schema } = PARAMETERS[name];
  if (schema instanceof z.ZodNumber) return `${String(schema.minValue)}-${String(schema.maxValue)}`;
  return acceptedByParameter(name);
}
