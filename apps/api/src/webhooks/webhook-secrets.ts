import { createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { IDENTIFIER_PATTERN, type Problem } from '@phi/core';

/** The keys of each source, more than one while they are exchanged. A key shows itself to nobody who prints it. */
export type WebhookSecrets = ReadonlyMap<string, readonly KeyObject[]>;

export type WebhookSecretsResult =
  | { readonly ok: true; readonly secrets: WebhookSecrets }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const VARIABLE = 'PHI_WEBHOOK_SECRETS';
const ACCEPTED =
  'SOURCE=whsec_… separated by commas, a source with several secrets as SOURCE=whsec_…|whsec_…, or @FILE with the same';
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
/** What Standard Webhooks has for a secret, in bytes. */
const [SECRET_AT_LEAST, SECRET_AT_MOST] = [24, 64];

/**
 * Reads the secrets by which webhooks are signed: `github=whsec_AAA|whsec_BBB,stripe=whsec_CCC`, or `@FILE` with the same, in
 * which a line's end separates as a comma does. Everything that is wrong is named at once, and no secret is in what is said.
 */
export function readWebhookSecrets(text: string): WebhookSecretsResult {
  const given = text.startsWith('@') ? readReferenced(text.slice(1)) : text;
  if (typeof given !== 'string') return { ok: false, problems: [given] };
  const secrets = new Map<string, readonly KeyObject[]>();
  const reasons: string[] = [];
  const entries = given.split(/[,\n]/).map((entry) => entry.trim());
  for (const [index, entry] of entries.filter((line) => line !== '').entries()) {
    const read = readEntry(entry, secrets);
    if (typeof read === 'string') reasons.push(`entry ${String(index + 1)} ${read}`);
    else secrets.set(read.source, read.keys);
  }
  return reasons.length === 0 ? { ok: true, secrets } : { ok: false, problems: reasons.map(problem) };
}

function readReferenced(file: string): string | Problem {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return problem(`names a file that cannot be read (${codeOf(error)}): ${file}`);
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'no code';
}

/** @returns what is wrong with it, without what may be a secret */
function readEntry(
  entry: string,
  known: WebhookSecrets,
): { readonly source: string; readonly keys: readonly KeyObject[] } | string {
  const [, source = '', list = ''] = /^([^=]*)=(.*)$/.exec(entry) ?? [];
  if (!IDENTIFIER_PATTERN.test(source)) return 'does not begin with the name of a source and "="';
  if (known.has(source)) return `has the source ${source} again`;
  const keys = list.split('|').map((secret) => readSecret(secret.trim()));
  const wrong = keys.findIndex((key) => key === undefined);
  if (wrong !== -1) {
    const length = `${String(SECRET_AT_LEAST)} to ${String(SECRET_AT_MOST)} bytes`;
    return `(${source}): secret ${String(wrong + 1)} is not whsec_ and the base64 of ${length}`;
  }
  return { source, keys: keys.filter((key) => key !== undefined) };
}

function readSecret(text: string): KeyObject | undefined {
  const bytes = Buffer.from(SECRET.exec(text)?.[1] ?? '', 'base64');
  const isLongEnough = bytes.length >= SECRET_AT_LEAST && bytes.length <= SECRET_AT_MOST;
  return isLongEnough ? createSecretKey(bytes) : undefined;
}

function problem(reason: string): Problem {
  return { field: VARIABLE, reason, accepted: ACCEPTED };
}
