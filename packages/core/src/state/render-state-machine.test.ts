import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { renderStateMachineDoc } from './render-state-machine.js';
import { TRANSITIONS } from './transitions.js';

describe('docs/state-machine.md', () => {
  it('says what the transition table says', () => {
    const written = readFileSync(new URL('../../../../docs/state-machine.md', import.meta.url), 'utf8');
    expect(written).toBe(renderStateMachineDoc());
  });

  it('draws and lists every transition', () => {
    const lines = renderStateMachineDoc().split('\n');
    for (const { from, event, to } of TRANSITIONS) {
      expect(lines).toContain(`  ${from} --> ${to}: ${event}`);
      expect(lines.filter((line) => line.startsWith(`| ${from} | ${event} | ${to} |`))).toHaveLength(1);
    }
  });
});
