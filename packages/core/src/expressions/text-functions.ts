import type { WorkBudget } from '../bounds/work-budget.js';
import { EXHAUSTED, Fault } from './fault.js';
import { method, type FunctionRow } from './function-row.js';
import { COPIED_PER_STEP } from './limits.js';

/** What may be done with strings. Whatever reads a string pays for its length, before it starts. */
export const TEXT_FUNCTIONS: readonly FunctionRow[] = [
  method('string', 'startsWith', ['string'], 'bool', ([text, part], budget) =>
    reading(budget, part, () => text.startsWith(part)),
  ),
  method('string', 'endsWith', ['string'], 'bool', ([text, part], budget) =>
    reading(budget, part, () => text.endsWith(part)),
  ),
  method('string', 'contains', ['string'], 'bool', ([text, part], budget) =>
    reading(budget, text, () => text.includes(part)),
  ),
  method('string', 'indexOf', ['string'], 'int', ([text, part], budget) =>
    reading(budget, text, () => BigInt(text.indexOf(part))),
  ),
  method('string', 'lastIndexOf', ['string'], 'int', ([text, part], budget) =>
    reading(budget, text, () => BigInt(text.lastIndexOf(part))),
  ),
  method('string', 'lowerAscii', [], 'string', ([text], budget) =>
    reading(budget, text, () => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())),
  ),
  method('string', 'upperAscii', [], 'string', ([text], budget) =>
    reading(budget, text, () => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())),
  ),
  method('string', 'trim', [], 'string', ([text], budget) => reading(budget, text, () => text.trim())),
  method('string', 'substring', ['int'], 'string', ([text, from], budget) =>
    substring(text, from, BigInt(text.length), budget),
  ),
  method('string', 'substring', ['int', 'int'], 'string', ([text, from, to], budget) =>
    substring(text, from, to, budget),
  ),
  method('string', 'split', ['string'], 'list', ([text, separator], budget) =>
    budget.spend(text.length) ? text.split(separator) : EXHAUSTED,
  ),
  method('list', 'join', ['string'], 'string', ([list, separator], budget) => join(list, separator, budget)),
];

function reading<Result>(budget: WorkBudget, text: string, read: () => Result): Result | Fault {
  return budget.spend(text.length / COPIED_PER_STEP) ? read() : EXHAUSTED;
}

function substring(text: string, from: bigint, to: bigint, budget: WorkBudget): string | Fault {
  if (from < 0n || to < from || to > BigInt(text.length))
    return new Fault(`the substring ${String(from)} to ${String(to)} is outside of the string`);
  return reading(budget, text, () => text.slice(Number(from), Number(to)));
}

function join(list: readonly unknown[], separator: string, budget: WorkBudget): string | Fault {
  let length = separator.length * list.length;
  for (const entry of list) {
    if (typeof entry !== 'string') return new Fault('a list of other than strings cannot be joined');
    length += entry.length + 1;
  }
  return budget.spend(length / COPIED_PER_STEP + list.length) ? list.join(separator) : EXHAUSTED;
}
