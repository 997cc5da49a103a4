import { describe, expect, it } from '@jest/globals';

import { Cancellations } from './cancellations.js';

describe('Cancellations', () => {
  it('tells whoever runs an execution, once, though it was delivered twice and one delivery was declined', () => {
    const cancellations = new Cancellations();
    const told: string[] = [];
    cancellations.watch('x', () => told.push('the one that runs'));
    cancellations.watch('x', () => told.push('the one that was declined'))();
    cancellations.announce('y');
    cancellations.announce('x');
    cancellations.announce('x');
    expect(told).toEqual(['the one that runs']);
  });

  it('tells nobody who has ended', () => {
    const cancellations = new Cancellations();
    const told: string[] = [];
    const end = cancellations.watch('x', () => told.push('first'));
    end();
    cancellations.announce('x');
    cancellations.watch('x', () => told.push('second'));
    end();
    cancellations.announce('x');
    expect(told).toEqual(['second']);
  });
});
