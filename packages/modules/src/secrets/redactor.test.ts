import { describe, expect, it } from '@jest/globals';
import { Redactor } from './redactor.js';

const CANARY = 'Tr0ub4dor&3 /+=?"\\é';
const redactor = new Redactor(
  new Map([
    ['CANARY', CANARY],
    ['KEY', '-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END KEY-----\n'],
    ['SHORT', 'abc12'],
  ]),
);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('a redactor', () => {
  it.each([
    ['plain', `token ${CANARY}!`, 'token [secret CANARY]!'],
    ['twice', `${CANARY}${CANARY}`, '[secret CANARY][secret CANARY]'],
    ['in JSON', JSON.stringify({ a: CANARY }), '{"a":"[secret CANARY]"}'],
    ['in JSON within JSON', JSON.stringify(JSON.stringify([CANARY])), '"[\\"[secret CANARY]\\"]"'],
    ['in a URL', `https://x/?t=${encodeURIComponent(CANARY)}&n=1`, 'https://x/?t=[secret CANARY]&n=1'],
    [
      'in a URL with small letters',
      encodeURIComponent(CANARY).replace(/%../g, (code) => code.toLowerCase()),
      '[secret CANARY]',
    ],
    ['in a form', encodeURIComponent(CANARY).replaceAll('%20', '+'), '[secret CANARY]'],
    ['a line of several', 'MIIEvQIBADANBg', '[secret KEY]'],
    ['nothing secret', 'an ordinary line', 'an ordinary line'],
    ['too short to be told from words', 'abc12', 'abc12'],
  ])('%s', (_name, text, expected) => {
    expect(redactor.redact(text)).toBe(expected);
  });

  it('finds a value in base64 wherever it stands in what was encoded', () => {
    for (let before = 0; before < 7; before++)
      for (let after = 0; after < 4; after++)
        for (const encoding of ['base64', 'base64url'] as const) {
          const whole = `${'u'.repeat(before)}${CANARY}${'\u00ff'.repeat(after)}`;
          const text = `Authorization: Basic ${Buffer.from(whole).toString(encoding)}`;
          const redacted = redactor.redact(text);
          expect(redacted).toContain('[secret CANARY]');
          // At most a letter at each end shares its bits with what stands beside it.
          for (const part of redacted.split('[secret CANARY]'))
            expect(Buffer.from(part.split(' ').at(-1) ?? '', 'base64').toString()).not.toMatch(/ub4dor/);
          expect(redactor.find(text)).toBe('CANARY');
        }
  });

  it.each(['......', '$&$1$`', 'a|b|c|d', '[secret', '\\\\\\\\\\\\', '      ', 'aaaaaa'])(
    'takes %j for what it is',
    (secret) => {
      const odd = new Redactor(new Map([['ODD', secret]]));
      expect(odd.redact(`<${secret}>`)).toBe('<[secret ODD]>');
      expect(odd.redact('abcdefg')).toBe('abcdefg');
      expect(odd.redact(base64(secret))).not.toContain(base64(secret));
    },
  );

  it('takes a value out that began in the text before', () => {
    for (let cut = 1; cut < CANARY.length; cut++)
      expect(redactor.redactAfter(`x ${CANARY.slice(0, cut)}`, `${CANARY.slice(cut)} y`)).toBe(
        '[secret CANARY] y',
      );
    expect(redactor.redactAfter('x', `y ${CANARY}`)).toBe('y [secret CANARY]');
  });

  it('without secrets changes nothing', () => {
    const none = new Redactor(new Map());
    expect([none.redact(CANARY), none.redactAfter('a', CANARY), none.find(CANARY)]).toEqual([
      CANARY,
      CANARY,
      undefined,
    ]);
  });
});
