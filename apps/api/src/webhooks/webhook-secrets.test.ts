import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { readApiConfig } from '../config.js';
import { readWebhookSecrets, type WebhookSecrets } from './webhook-secrets.js';

const secretOf = (bytes: number): string => `whsec_${randomBytes(bytes).toString('base64')}`;
const [FIRST, SECOND, THIRD] = [secretOf(24), secretOf(32), secretOf(64)] as const;

function secretsOf(text: string): WebhookSecrets {
  const read = readWebhookSecrets(text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.secrets;
}

function reasonsOf(text: string): string[] {
  const read = readWebhookSecrets(text);
  return read.ok ? [] : read.problems.map(({ reason }) => reason);
}

describe('readWebhookSecrets', () => {
  let dir: string;
  const exported = (secrets: WebhookSecrets): Record<string, string[]> =>
    Object.fromEntries(
      [...secrets].map(([source, keys]) => [
        source,
        keys.map((key) => `whsec_${key.export().toString('base64')}`),
      ]),
    );

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'phi-secrets-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it('reads each source with its secrets', () => {
    const secrets = secretsOf(`github=${FIRST}|${SECOND}, stripe=${THIRD},`);
    expect(exported(secrets)).toEqual({ github: [FIRST, SECOND], stripe: [THIRD] });
    expect(secretsOf('').size).toBe(0);
  });

  it('reads them from a file', async () => {
    const file = path.join(dir, 'secrets');
    await writeFile(file, `github=${FIRST}|${SECOND}\n\nstripe=${THIRD}\n`);
    expect(exported(secretsOf(`@${file}`))).toEqual({ github: [FIRST, SECOND], stripe: [THIRD] });
    expect(reasonsOf(`@${path.join(dir, 'nowhere')}`)).toEqual([
      `names a file that cannot be read (ENOENT): ${path.join(dir, 'nowhere')}`,
    ]);
    expect(reasonsOf(`@${dir}`)[0]).toContain('(EISDIR)');
  });

  it('names everything that is wrong at once, and no secret', () => {
    const bare = randomBytes(24).toString('base64url');
    const short = secretOf(23);
    const text = [
      FIRST,
      `github=${bare}`,
      `=${SECOND}`,
      `stripe=${THIRD}|${short}`,
      `a=${FIRST}`,
      `a=${SECOND}`,
      'b=',
    ];
    expect(reasonsOf(text.join(','))).toEqual([
      'entry 1 does not begin with the name of a source and "="',
      'entry 2 (github): secret 1 is not whsec_ and the base64 of 24 to 64 bytes',
      'entry 3 does not begin with the name of a source and "="',
      'entry 4 (stripe): secret 2 is not whsec_ and the base64 of 24 to 64 bytes',
      'entry 6 has the source a again',
      'entry 7 (b): secret 1 is not whsec_ and the base64 of 24 to 64 bytes',
    ]);
    expect(reasonsOf(`long=${secretOf(65)}`)).toHaveLength(1);
    const said = JSON.stringify(readWebhookSecrets(text.join(',')));
    for (const secret of [bare, short, FIRST, SECOND, THIRD])
      expect(said).not.toContain(secret.replace('whsec_', ''));
  });

  it('shows no secret to whoever prints the configuration', () => {
    const read = readApiConfig({ PHI_WEBHOOK_SECRETS: `github=${FIRST}` });
    const bytes = Buffer.from(FIRST.slice('whsec_'.length), 'base64');
    for (const printed of [inspect(read, { depth: 10, showHidden: true }), JSON.stringify(read)]) {
      for (const form of [FIRST.slice('whsec_'.length), bytes.toString('hex'), bytes.toString('base64url')])
        expect(printed).not.toContain(form);
    }
    expect(read).toMatchObject({ ok: true });
  });

  it('is wrong beside the other variables that are wrong', () => {
    const read = readApiConfig({ PHI_WEBHOOK_SECRETS: 'github=x', PHI_API_PORT: 'x' });
    expect(read.ok ? [] : read.problems.map(({ field }) => field)).toEqual([
      'PHI_API_PORT',
      'PHI_WEBHOOK_SECRETS',
    ]);
  });
});
