import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { renderConfigurationDoc } from './render-configuration-doc.js';

describe('docs/configuration.md', () => {
  it('says what the table of parameters says', () => {
    expect(readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')).toBe(
      renderConfigurationDoc(),
    );
  });
});
