import { describe, expect, it } from '@jest/globals';
import { TextCache } from './text-cache.js';

describe('TextCache', () => {
  const counting = (maxCharacters: number): { get: (text: string) => string; made: string[] } => {
    const cache = new TextCache<string>(maxCharacters);
    const made: string[] = [];
    const make = (text: string): string => {
      made.push(text);
      return text.toUpperCase();
    };
    return { get: (text) => cache.get(text, make), made };
  };

  it('makes something of a text once', () => {
    const { get, made } = counting(10);
    expect([get('a'), get('a'), get('b'), get('a')]).toEqual(['A', 'A', 'B', 'A']);
    expect(made).toEqual(['a', 'b']);
  });

  it('forgets what was used longest ago when the texts together are too long', () => {
    const { get, made } = counting(10);
    for (const text of ['aaaa', 'bbbb', 'aaaa', 'cccc', 'aaaa', 'bbbb']) get(text);
    expect(made).toEqual(['aaaa', 'bbbb', 'cccc', 'bbbb']);
  });

  it('keeps nothing of a text that is too long by itself, and goes on', () => {
    const { get, made } = counting(3);
    for (const text of ['long!', 'long!', 'a', 'a']) get(text);
    expect(made).toEqual(['long!', 'long!', 'a']);
  });
});
