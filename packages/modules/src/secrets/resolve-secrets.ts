import { isDeepStrictEqual } from 'node:util';
import { PhiError } from '@phi/core';

/** Values of secrets by name: the executor's environment variables `PHI_SECRET_<name>`. */
export type Secrets = ReadonlyMap<string, string>;

const PREFIX = 'PHI_SECRET_';

/** @param variables an environment */
export const readSecrets = (variables: Readonly<Record<string, string | undefined>>): Secrets =>
  new Map(
    Object.entries(variables).flatMap(([name, value]) =>
      name.startsWith(PREFIX) && value !== undefined && value !== ''
        ? [[name.slice(PREFIX.length), value] as const]
        : [],
    ),
  );

const isReference = (value: object): value is { readonly secret: string } =>
  isDeepStrictEqual(Object.keys(value), ['secret']) &&
  typeof (value as { secret: unknown }).secret === 'string';

/**
 * Puts the values of secrets where a parameter refers to them by `{ secret: NAME }`, at any depth.
 *
 * @param field path of `value`, for the message
 * @throws PhiError EXEC_005_INVALID_CONFIG naming the field and the variable that is not set
 */
export const resolveSecrets = (value: unknown, secrets: Secrets, field: string): unknown => {
  if (Array.isArray(value))
    return value.map((item, index) => resolveSecrets(item, secrets, `${field}.${String(index)}`));
  if (typeof value !== 'object' || value === null) return value;
  if (isReference(value)) return valueOf(value.secret, secrets, field);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      resolveSecrets(member, secrets, `${field}.${name}`),
    ]),
  );
};

const valueOf = (name: string, secrets: Secrets, field: string): string => {
  const value = secrets.get(name);
  if (value !== undefined) return value;
  throw new PhiError(
    'EXEC_005_INVALID_CONFIG',
    `${field}: secret "${name}" is not there; accepted: one whose value stands in ${PREFIX}${name} of the executor's environment`,
    { operation: 'secret.resolve', data: { field, secret: name } },
  );
};
