import { Fault } from './fault.js';
import { globalFunction, type FunctionRow } from './function-row.js';
import { instantAt, readDuration, readTimestamp, writeDuration } from './times.js';
import { wholeNumber } from './whole-numbers.js';

const WHOLE = /^[+-]?\d{1,19}$/;
const NUMBER = /^[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?$/;

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** From one kind to another. */
export const CONVERSIONS: readonly FunctionRow[] = [
  globalFunction('int', ['int'], 'int', ([value]) => value),
  globalFunction('int', ['double'], 'int', ([value]) =>
    Number.isFinite(value) ? wholeNumber(BigInt(Math.trunc(value))) : noNumber('an int'),
  ),
  globalFunction('int', ['string'], 'int', ([text]) =>
    WHOLE.test(text) ? wholeNumber(BigInt(text.replace('+', ''))) : noNumber('an int'),
  ),
  globalFunction('int', ['timestamp'], 'int', ([{ epochMs }]) => BigInt(Math.floor(epochMs / 1000))),
  globalFunction('double', ['double'], 'double', ([value]) => value),
  globalFunction('double', ['int'], 'double', ([value]) => Number(value)),
  globalFunction('double', ['string'], 'double', ([text]) =>
    NUMBER.test(text) ? Number(text) : noNumber('a double'),
  ),
  globalFunction('bool', ['bool'], 'bool', ([value]) => value),
  globalFunction('bool', ['string'], 'bool', ([text]) => FLAGS.get(text) ?? new Fault('the text is no bool')),
  globalFunction('string', ['string'], 'string', ([text]) => text),
  globalFunction('string', ['bool'], 'string', ([value]) => String(value)),
  globalFunction('string', ['int'], 'string', ([value]) => String(value)),
  globalFunction('string', ['double'], 'string', ([value]) => String(value)),
  globalFunction('string', ['timestamp'], 'string', ([{ epochMs }]) => new Date(epochMs).toISOString()),
  globalFunction('string', ['duration'], 'string', ([value]) => writeDuration(value)),
  globalFunction('timestamp', ['timestamp'], 'timestamp', ([value]) => value),
  globalFunction('timestamp', ['string'], 'timestamp', ([text]) => readTimestamp(text)),
  globalFunction('timestamp', ['int'], 'timestamp', ([seconds]) => instantAt(Number(seconds) * 1000)),
  globalFunction('duration', ['duration'], 'duration', ([value]) => value),
  globalFunction('duration', ['string'], 'duration', ([text]) => readDuration(text)),
];

function noNumber(kind: string): Fault {
  return new Fault(`the value is not ${kind}`);
}
