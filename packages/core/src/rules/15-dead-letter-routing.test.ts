import { expect, it } from '@jest/globals';

import { deadLetterRouting } from './15-dead-letter-routing.js';

it('keeps a dead letter for as long as its job says', () => {
  expect(deadLetterRouting({ dead_letter_enabled: true, retention_hours: 168 })).toEqual({
    verdict: 'ROUTE',
    kept_ms: 7 * 24 * 3_600_000,
  });
});

it('leaves it in the history alone where its job says so', () => {
  expect(deadLetterRouting({ dead_letter_enabled: false, retention_hours: 168 })).toEqual({
    verdict: 'DISCARD',
  });
});
