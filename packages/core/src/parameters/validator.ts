import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { compilePattern } from '../bounds/compile-pattern.js';
import { WorkBudget } from '../bounds/work-budget.js';
import { FORMATS } from './formats.js';
import type { Draft } from './keywords.js';
import { CheckExhausted, METER, pay, payFor, type Meter } from './meter.js';
import { areUnique } from './unique-items.js';

/** What a check came to: violations, or nothing because it would go on too long. */
export type Validation =
  { readonly ended: true; readonly violations: readonly ErrorObject[] } | { readonly ended: false };

/** A compiled schema. */
export interface Validator {
  /**
   * @param pointer - of the part of the schema to check against, such as #/properties/size; # is the whole
   * @param steps - the work that the check may take
   */
  validate(pointer: string, value: unknown, steps: number): Validation;
}

type Spend = (steps: number) => void;

/** Characters that a format is looked for in a step. */
const CHARACTERS_PER_STEP = 8;

const ROOT = 'parameters';

/**
 * Compiles a schema that `surveySchema` has found nothing wrong with.
 *
 * @param all - whether all violations are looked for, or the first one
 * @throws Error for what ajv cannot compile
 */
export function compileValidator(metered: object, draft: Draft, all: boolean): Validator {
  let budget = new WorkBudget(0);
  const spend: Spend = (steps) => {
    pay(steps, budget);
  };
  const ajv = newAjv(draft, all, spend);
  // A group of keywords before all others: what fails first would keep the meter from being paid.
  ajv.RULES.rules.unshift({ rules: [] });
  ajv.addKeyword({
    keyword: METER,
    errors: false,
    validate: (meter: Meter, value: unknown) => {
      payFor(meter, value, budget);
      return true;
    },
  });
  ajv.addSchema(metered, ROOT);
  ajv.getSchema(`${ROOT}#`);
  return {
    validate: (pointer, value, steps) => {
      budget = new WorkBudget(steps);
      const check = ajv.getSchema(`${ROOT}${pointer}`);
      return check === undefined ? { ended: true, violations: [] } : run(check, value);
    },
  };
}

function run(check: ValidateFunction, value: unknown): Validation {
  try {
    return { ended: true, violations: check(value) ? [] : (check.errors ?? []) };
  } catch (error) {
    // A schema that refers to itself without looking deeper meets the end of the stack.
    if (error instanceof CheckExhausted || error instanceof RangeError) return { ended: false };
    throw error;
  }
}

function newAjv(draft: Draft, all: boolean, spend: Spend): Ajv {
  const options: Options = {
    allErrors: all,
    verbose: true,
    messages: false,
    logger: false,
    strict: false,
    meta: false,
    validateSchema: false,
    // A schema that is inlined wherever it is referred to grows without bounds.
    inlineRefs: false,
    // A parameter named toString is missing until it is given.
    ownProperties: true,
    multipleOfPrecision: 9,
    formats: formatsThat(spend),
    code: {
      // Tidying the code up takes longer than it saves.
      optimize: false,
      regExp: Object.assign((source: string) => patternThat(spend, source), { code: 'phi' }),
    },
  };
  const ajv = draft === '2020-12' ? new Ajv2020(options) : new Ajv(options);
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, list: readonly unknown[]) => !wanted || areUnique(list, spend),
  });
  return ajv;
}

function formatsThat(spend: Spend): Record<string, (text: string) => boolean> {
  const entries = [...FORMATS].map(
    ([name, hasFormat]) =>
      [
        name,
        (text: string): boolean => {
          spend(text.length / CHARACTERS_PER_STEP);
          return hasFormat(text);
        },
      ] as const,
  );
  return Object.fromEntries(entries);
}

function patternThat(spend: Spend, source: string): { test(text: string): boolean; toString(): string } {
  const compiled = compilePattern(source, 'ECMA');
  if (!compiled.ok) throw new Error(`${source} ${compiled.reason}`);
  const { pattern } = compiled;
  return {
    test: (text) => {
      spend(pattern.costOf(text));
      return pattern.test(text);
    },
    // ajv keeps patterns by their texts.
    toString: () => source,
  };
}
