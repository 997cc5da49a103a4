import { describe, expect, it } from '@jest/globals';

import { readCallbacks } from './read-callbacks.js';

const SECRET = 'a-secret-of-24-characters';

describe('readCallbacks', () => {
  it('reads where modules may call, and what they sign by', () => {
    expect(readCallbacks({})).toEqual({ problems: [] });
    expect(readCallbacks({ PHI_CALLBACK_SECRET: SECRET })).toEqual({ secret: SECRET, problems: [] });
    const url = 'https://phi.example';
    expect(readCallbacks({ PHI_CALLBACK_SECRET: SECRET, PHI_CALLBACK_URL: url }).settings).toEqual({
      url,
      secret: SECRET,
    });
  });

  it.each([
    [{ PHI_CALLBACK_URL: 'https://phi.example' }, ['PHI_CALLBACK_SECRET']],
    [{ PHI_CALLBACK_URL: 'phi.example', PHI_CALLBACK_SECRET: SECRET }, ['PHI_CALLBACK_URL']],
    [{ PHI_CALLBACK_SECRET: SECRET.slice(2) }, ['PHI_CALLBACK_SECRET']],
  ])('names what is wrong, and no secret: %j', (variables, fields) => {
    const { problems, secret } = readCallbacks(variables);
    expect(problems.map(({ field }) => field)).toEqual(fields);
    expect(secret).toBeUndefined();
    expect(JSON.stringify(problems)).not.toContain(SECRET.slice(2));
  });
});
