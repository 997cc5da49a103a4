import { PARAMETER_GROUPS, type ParameterGroup } from './parameter.js';
import * as z from 'zod';
import { acceptedByParameter } from './parse-config.js';
import { PARAMETER_NAMES, PARAMETERS, type ParameterName } from './parameters.js';

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
    defaultOf(defaultValue),
    rangeOf(name),
    unit ?? '',
    description,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** What has none says in its description what holds. */
function defaultOf(value: (typeof PARAMETERS)[ParameterName]['default']): string {
  const text = value === null ? '' : String(value);
  return text === '' ? '' : `\`${text}\``;
}

function typeOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodNullable) return typeOf(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodBoolean) return 'Boolean';
  if (schema instanceof z.ZodNumber) return schema.isInt ? 'Integer' : 'Float';
  return schema instanceof z.ZodArray ? 'List' : 'String';
}

function rangeOf(name: ParameterName): string {
  const { schema: given }: { schema: z.ZodType } = PARAMETERS[name];
  const schema = given instanceof z.ZodNullable ? given.unwrap() : given;
  if (schema instanceof z.ZodNumber) return `${String(schema.minValue)}-${String(schema.maxValue)}`;
  return acceptedByParameter(name);
}
