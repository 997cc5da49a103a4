import * as z from 'zod';

export const PARAMETER_GROUPS = [
  'Scheduler',
  'Executor',
  'Dependency',
  'Retry',
  'Error handling',
  'History',
  'Resource exhaustion',
  'Durability',
] as const;
export type ParameterGroup = (typeof PARAMETER_GROUPS)[number];

export interface Parameter<Schema extends z.ZodType = z.ZodType> {
  readonly group: ParameterGroup;
  readonly schema: Schema;
  readonly default: z.infer<Schema>;
  readonly unit: string | null;
  readonly description: string;
}

export function parameter<Schema extends z.ZodType>(
  group: ParameterGroup,
  schema: Schema,
  defaultValue: z.infer<Schema>,
  unit: string | null,
  description: string,
): Parameter<Schema> {
  return { group, schema, default: defaultValue, unit, description };
}

export const integer = (min: number, max: number): z.ZodInt => z.int().min(min).max(max);
export const float = (min: number, max: number): z.ZodNumber => z.number().min(min).max(max);
