import { describe, expect, it } from '@jest/globals';
import { readSecrets, resolveSecrets } from './resolve-secrets.js';

describe('resolveSecrets', () => {
  const secrets = readSecrets({
    PHI_SECRET_TOKEN: 'sesame',
    PHI_SECRET_EMPTY: '',
    TOKEN: 'no',
    PATH: '/bin',
  });

  it('puts values where they are referred to, at any depth, and leaves everything else', () => {
    const value = {
      headers: [{ name: 'a', value: { secret: 'TOKEN' } }],
      secret: 'a field of that name',
      both: { secret: 'TOKEN', more: 1 },
      n: null,
    };
    expect(resolveSecrets(value, secrets, 'parameters.ALPHA')).toEqual({
      ...value,
      headers: [{ name: 'a', value: 'sesame' }],
    });
  });

  it.each(['EMPTY', 'NONE', 'PATH'])('names the field that refers to %s, which is not there', (secret) => {
    expect(() => resolveSecrets({ a: [{ secret }] }, secrets, 'parameters.ALPHA')).toThrow(
      expect.objectContaining({
        code: 'EXEC_005_INVALID_CONFIG',
        message: expect.stringMatching(`^parameters\\.ALPHA\\.a\\.0: .*PHI_SECRET_${secret} `),
      }),
    );
  });
});
