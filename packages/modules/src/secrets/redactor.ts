import type { Secrets } from './resolve-secrets.js';

/** Shorter values are not looked for: they would be found in the midst of words. */
const LEAST_LENGTH = 6;

/** Characters at the start of a text in base64 that depend on so many bytes before it. */
const UNSURE_AFTER = [0, 2, 3] as const;

/** What a value looks like within anything in base64 that holds it, wherever in it: three shifts. */
const base64Forms = (value: string): string[] =>
  UNSURE_AFTER.flatMap((unsure, before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const text = bytes.toString('base64').replace(/=+$/, '');
    // The last character of an unfinished group depends on what comes after it.
    const sure = text.slice(unsure, bytes.length % 3 === 0 ? undefined : -1);
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')];
  });

const urlForms = (value: string): string[] => {
  const encoded = encodeURIComponent(value);
  const lower = encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [encoded, lower, encoded.replaceAll('%20', '+'), lower.replaceAll('%20', '+')];
};

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

/** A value as it is, line by line, and as JSON, URLs and base64 have it. */
const formsOf = (value: string): string[] => {
  const parts = [value, ...value.split(/\r?\n/)].filter((part) => part.length >= LEAST_LENGTH);
  return parts.flatMap((part) => [
    part,
    inJson(part),
    inJson(inJson(part)),
    ...urlForms(part),
    ...base64Forms(part),
  ]);
};

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Takes the values of secrets out of text, plain, escaped in JSON, URL-encoded and in base64. */
export class Redactor {
  readonly #names = new Map<string, string>();
  /** Any form of any value, the longest first; undefined where there is none. */
  readonly #pattern: RegExp | undefined;
  /** Length of the longest form. */
  readonly #longest: number;

  constructor(secrets: Secrets) {
    for (const [name, value] of secrets)
      for (const form of formsOf(value)) if (!this.#names.has(form)) this.#names.set(form, name);
    const forms = [...this.#names.keys()].sort((one, other) => other.length - one.length);
    this.#longest = forms[0]?.length ?? 0;
    if (forms.length > 0) this.#pattern = new RegExp(forms.map(escaped).join('|'), 'g');
  }

  /** The text with `[secret NAME]` in the place of each value. */
  redact(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, (form) => this.#mark(form));
  }

  /** The same for text that goes on from other text: a value may have begun there. */
  redactAfter(before: string, text: string): string {
    const overlap = before.slice(-this.#longest);
    for (const found of this.#pattern === undefined ? [] : (overlap + text).matchAll(this.#pattern)) {
      const end = found.index + found[0].length - overlap.length;
      if (found.index < overlap.length && end > 0) return this.#mark(found[0]) + this.redact(text.slice(end));
    }
    return this.redact(text);
  }

  /** The name of a secret whose value is in a text. */
  find(text: string): string | undefined {
    const [form] = this.#pattern === undefined ? [] : (text.match(this.#pattern) ?? []);
    return form === undefined ? undefined : this.#names.get(form);
  }

  #mark(form: string): string {
    return `[secret ${this.#names.get(form) ?? ''}]`;
  }
}
