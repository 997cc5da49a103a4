import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileExpression, type Evaluation, type Expression } from './compile-expression.js';

const event = {
  id: '1',
  type: 'upload',
  source: 's3://raw/2026/orders.parquet',
  time: '2026-03-08T07:00:00Z',
  data: {
    size: 250,
    count: 3,
    ratio: 0.5,
    name: 'Orders',
    none: null,
    final: true,
    items: [
      { key: 'a', value: 1 },
      { key: 'b', value: 2.5 },
    ],
    tags: ['x', 'y'],
  },
};

function compile(source: string): Expression {
  const compiled = compileExpression(source, ['event']);
  if (!compiled.ok) throw new Error(`${source}: ${compiled.problem.reason}`);
  return compiled.expression;
}

const ask = (source: string, bindings: Record<string, unknown> = { event }): Evaluation =>
  compile(source).evaluate(bindings);

describe('an expression compares the numbers of JSON', () => {
  it.each([
    ['event.data.size > 100', true],
    ['event.data.size > 249.5', true],
    ['event.data.size <= 100', false],
    ['event.data.count == 3', true],
    ['event.data.count == 3.0', true],
    ['3 == event.data.count', true],
    ['event.data.count != 3', false],
    ['event.data.size / 100 == 2.5', true],
    ['event.data.size + 1 == 251', true],
    ['1.5 * event.data.count - 1 == 3.5', true],
    ['event.data.size % 2 == 0', true],
    ['-event.data.count < 0', true],
    ['event.data.ratio < 1', true],
    ['size(event.data.tags) == 2.0', true],
    ['size(event.data.tags) * 1.5 == event.data.count', true],
    ['event.data.count in [1, 2, 3]', true],
    ['event.data.items[event.data.count - 2].key == "b"', true],
    ['event.data.items.map(item, item.value) == [1, 2.5]', true],
    ['7 / 2 == 3 && 7 % 2 == 1', true],
    ['9007199254740993 > 9007199254740992', true],
  ])('%s is %s', (source, value) => {
    expect(ask(source)).toEqual({ ok: true, value });
  });
});

describe('an expression asks', () => {
  it.each([
    ['event.type == "upload" && event.source.startsWith("s3://raw/")', true],
    ['event.source.endsWith(".csv") || event.source.contains("orders")', true],
    ['event.source.matches("^s3://[^/]+/[0-9]{4}/")', true],
    ['event.source.matches(r"\\.csv$")', false],
    ['!event.data.final', false],
    ['event.data.final ? event.data.size > 1 : false', true],
    ['event.data.none == null', true],
    ['event.data.name != null', true],
    ['event.data.name == 1', false],
    ['has(event.data.size) && !has(event.data.missing)', true],
    ['event["type"] == "upload" && "size" in event.data', true],
    ['"x" in event.data.tags && !("z" in event.data.tags)', true],
    ['{"upload": 1, "delete": 2}[event.type] == 1', true],
    ['{1: true}[1.0]', true],
    ['event.data.items.exists(item, item.key == "b" && item.value > 2)', true],
    ['event.data.items.all(item, item.value > 1)', false],
    ['event.data.items.exists_one(item, item.value > 2)', true],
    ['event.data.items.filter(item, item.value > 1).size() == 1', true],
    ['event.data.items.map(item, item.value > 1, item.key) == ["b"]', true],
    ['event.data.exists(name, name == "size")', true],
    ['event.data.tags.all(tag, event.data.items.exists(item, item.key != tag))', true],
    ['[[1, 2], [3]].exists(list, list.exists(list, list == 3))', true],
    ['event.data.tags + ["z"] == ["x", "y", "z"]', true],
    ['{"a": [1, {"b": 2}]} == {"a": [1.0, {"b": 2.0}]}', true],
    ['event.data.name.lowerAscii() == "orders" && event.data.name.size() == 6', true],
    ['event.data.name.substring(2, event.data.count) == "d"', true],
    ['event.source.split("/")[2] == "raw" && event.data.tags.join("-") == "x-y"', true],
    ['event.data.name.indexOf("r") == 1 && event.data.name.lastIndexOf("q") == -1', true],
    ['size("😀é") == 2', true],
    ['int("42") == 42 && int(2.9) == 2 && double("1e3") == 1000 && string(event.data.count) == "3"', true],
    ['timestamp(event.time) < timestamp("2026-03-08T09:00:00+01:00")', true],
    ['timestamp(event.time) - timestamp("2026-03-08T06:00:00Z") == duration("60m")', true],
    ['timestamp(event.time) + duration("-1h30m") == timestamp("2026-03-08T05:30:00Z")', true],
    ['timestamp(event.time).getDayOfWeek() == 0 && timestamp(event.time).getHours() == 7', true],
    ['timestamp(event.time).getHours("Europe/Berlin") == 8', true],
    ['timestamp(event.time).getDate("America/New_York") == 8', true],
    ['duration("90m").getHours() == 1 && duration("1.5s").getMilliseconds() == 1500', true],
    ['// a comment\nevent.data.size\n  > 100', true],
  ])('%s', (source, value) => {
    expect(ask(source)).toEqual({ ok: true, value });
  });

  it('more than one variable', () => {
    const compiled = compileExpression('a.x < b.x', ['a', 'b']);
    expect(compiled.ok && compiled.expression.evaluate({ a: { x: 1 }, b: { x: 2 } })).toEqual({
      ok: true,
      value: true,
    });
  });
});

describe('an evaluation gives a reason instead of a value', () => {
  it.each([
    ['event.data.missing > 1', 'event.data.missing does not exist'],
    ['event.missing.deep == 1', 'event.missing does not exist'],
    ['has(event.missing.deep)', 'event.missing does not exist'],
    ['event.data.items[2].key == "c"', 'event.data.items[2] does not exist'],
    ['event.data.items[0.5] == 1', 'event.data.items[0.5] does not exist'],
    ['event.data.tags.length == 2', 'event.data.tags.length: a list has no fields'],
    ['event.data.name > 1', 'event.data.name > 1: a string does not compare with an int'],
    ['event.data.name + 1 == 2', 'event.data.name + 1: a string + an int is not possible'],
    ['event.data.name', 'is a string, not true or false'],
    ['event.data.name || false', 'event.data.name: a string is neither true nor false'],
    ['event.data.size.startsWith("2")', 'event.data.size.startsWith("2"): does not take a double, a string'],
    ['event.data.size.matches("2")', 'event.data.size.matches("2"): a double does not match patterns'],
    ['event.data.size.all(x, true)', 'event.data.size: a double has no entries'],
    ['"a" in event.data.name', '"a" in event.data.name: nothing is in a string'],
    ['event.data.size / 0 == 1 || 1 / 0 == 1', 'a division by zero'],
    ['event.data.size % 0 == 1', 'a division by zero'],
    ['9223372036854775807 + 1 > 0', 'a whole number overflows'],
    [
      'timestamp(event.type) > timestamp(event.time)',
      'the value is not a date and time such as 2026-03-08T07:00:00Z',
    ],
    ['timestamp(event.time).getHours("Mars") > 1', 'the time zone is not known'],
    ['int(event.type) == 1', 'the value is not an int'],
    ['event.data.name.substring(7) == ""', 'the substring 7 to 6 is outside of the string'],
  ])('%s', (source, reason) => {
    expect(ask(source)).toEqual({ ok: false, reason });
  });

  it('when a variable is not bound', () => {
    expect(ask('event.x == 1', {})).toEqual({ ok: false, reason: 'event is not there' });
  });

  it.each([
    ['event.missing || true', true],
    ['true || event.missing', true],
    ['event.missing && false', false],
    ['event.data.items.exists(item, item.missing || item.key == "b")', true],
    ['event.data.items.all(item, item.missing && item.key == "a")', false],
  ])('unless the rest decides: %s', (source, value) => {
    expect(ask(source)).toEqual({ ok: true, value });
  });
});

describe('compileExpression refuses', () => {
  it.each([
    ['', 0, 'the expression ends where a value is expected'],
    ['event.data.size >', 17, 'the expression ends where a value is expected'],
    ['event.data.size = 3', 16, '"=" is not expected here'],
    ['event.data.size and true', 16, '"and" is not expected here'],
    ['(event.data.size > 3', 20, 'the expression ends where ")" is expected'],
    ['event.data.', 11, 'the expression ends where a name is expected'],
    ['event.type == "upload', 14, 'unterminated string'],
    ['event.type == "\\q"', 15, 'invalid escape sequence: \\q'],
    ['evnt.type == "x"', 0, 'evnt is not known; did you mean event?'],
    ['event.a == upstream.a', 11, 'upstream is not known'],
    ['event.type.startWith("x")', 11, 'startWith is not a known function; did you mean startsWith?'],
    ['sise(event.data) > 1', 0, 'sise is not a known function; did you mean size?'],
    ['event.type.startsWith()', 11, 'startsWith does not take 0 arguments'],
    ['event.type.startsWith(1)', 11, 'startsWith does not take any value, an int'],
    ['event.items.exists(item)', 12, 'exists takes the name of an entry and what is asked of it'],
    ['event.items.exists(item.x, true)', 24, '"x" is not a new name'],
    ['size(event.data.tags)', 0, 'is an int, not true or false'],
    ['"text"', 0, 'is a string, not true or false'],
    ['event.x && 1', 11, 'an int is neither true nor false'],
    ['event.x ? true : size(1)', 17, 'size does not take an int'],
    ['1 + "a" == event.x', 4, 'an int + a string is not possible'],
    ['1 == "a"', 5, 'an int and a string are never equal'],
    ['1 < "a"', 4, 'an int does not compare with a string'],
    ['[1] < [2]', 0, 'a list has no order'],
    ['-"a" == 1', 0, 'a string has no negative'],
    ['"a".b == 1', 0, 'a string has no field b'],
    ['1 in 2', 5, 'nothing is in an int'],
    ['1u == event.x', 0, 'unsigned numbers and bytes are not supported'],
    ['b"x" == event.x', 0, 'unsigned numbers and bytes are not supported'],
    ['9223372036854775808 > event.x', 0, 'is too large a number'],
    ['event.?x == 1', 6, 'there is "?" where a name is expected'],
    ['has(event)', 4, 'has asks for one field'],
    ['for', 0, '"for" is a reserved word'],
    ['event.x.matches("(a")', 16, 'is not a pattern: missing closing ): `(a`'],
    ['event.x.matches("a(?=b)")', 16, 'is not a pattern: invalid or unsupported Perl syntax: `(?=`'],
    ['event.x.matches("(a)\\\\1")', 16, 'is not a pattern: invalid escape sequence: `\\1`'],
    ['event.x.matches("a", "b")', 8, 'matches does not take 2 arguments'],
    ['event.x.matches(event.y)', 16, 'matches needs its pattern in quotes'],
    ['cel.bind(x, 1, x == 1)', 4, 'bind is not a known function'],
  ])('%s', (source, offset, reason) => {
    const compiled = compileExpression(source, ['event']);
    expect(compiled).toMatchObject({ ok: false, problem: { offset, reason, line: 1, column: offset + 1 } });
    expect(compiled.ok || compiled.problem.accepted !== '').toBe(true);
  });

  it('with line and column within the expression', () => {
    const source = 'event.a == 1 &&\n  event.b = 2';
    expect(compileExpression(source, ['event'])).toMatchObject({
      problem: { offset: source.indexOf('= 2'), line: 2, column: 11 },
    });
  });

  it('what looks like code, naming no property of Object', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'])
      expect(compileExpression(`${name} == 1`, ['event']).ok).toBe(false);
    expect(compileExpression('event constructor', ['event'])).toMatchObject({
      problem: { reason: '"constructor" is not expected here', accepted: expect.stringContaining('CEL') },
    });
  });
});

describe('nothing leaks', () => {
  class Secret {
    get token(): string {
      throw new Error('was read');
    }
  }

  it.each([
    'event.constructor.name == "Object"',
    'event.data.constructor != null',
    'event.__proto__ != null',
    'event["constructor"] != null',
    'event["__proto__"]["constructor"] != null',
    'event.data.name.constructor != null',
    'event.data.tags.constructor != null',
    'event.data.tags["constructor"] != null',
    'event.data.items.map(item, item.constructor).size() > 0',
    'event.toString != null',
  ])('through %s', (source) => {
    expect(ask(source).ok).toBe(false);
  });

  it.each(['has(event.constructor)', '"constructor" in event', '"__proto__" in event.data'])(
    'and %s is false',
    (source) => {
      expect(ask(source)).toEqual({ ok: true, value: false });
    },
  );

  it('through what is no JSON: instances, getters, functions', () => {
    const getters = Object.create({
      get token() {
        throw new Error('was read');
      },
    }) as object;
    for (const bound of [new Secret(), getters, { own: (): number => 1 }, new Date(0), /x/, Symbol('x')]) {
      expect(ask('event.token == 1', { event: bound }).ok).toBe(false);
      expect(ask('event.own', { event: bound }).ok).toBe(false);
      expect(ask('event.own == event.own && event.own.x', { event: bound }).ok).toBe(false);
    }
    const own = {
      get token(): string {
        throw new Error('was read');
      },
    };
    expect(ask('event.token == "x"', { event: own })).toEqual({
      ok: false,
      reason: 'reads a value that is not JSON',
    });
  });

  it('and a key of the data is only data', () => {
    const hostile: unknown = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}');
    expect(ask('event.constructor == 1', { event: hostile })).toEqual({ ok: true, value: true });
    expect(ask('event.admin', { event: hostile }).ok).toBe(false);
  });

  it('and a reason never quotes the data', () => {
    const sources = ['event.data.name > 1', 'int(event.type) == 1', 'timestamp(event.type) == event.x'];
    for (const source of sources) {
      const answer = ask(source);
      expect(answer.ok ? '' : answer.reason).not.toMatch(/Orders|upload"/);
    }
  });
});

describe('whatever it costs is bounded', () => {
  const numbers = Array.from({ length: 30_000 }, (_, index) => index);
  const hostile = { numbers, text: 'a'.repeat(60_000), mixed: 'ab'.repeat(30_000) };

  /** Runs something that must end at once; the bound is a hundred times what it takes, so that only a runaway meets it. */
  function soon<Result>(run: () => Result): Result {
    // The processor's time: others on the machine do not count.
    const before = process.cpuUsage();
    const result = run();
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2_000);
    return result;
  }

  it.each([
    ['a megabyte', `event.x == "${'a'.repeat(1024 * 1024)}"`, 'is too long'],
    ['4,097 characters', `event.x${' '.repeat(4_090)}`, 'is too long'],
    ['10,000 parentheses', '('.repeat(10_000), 'is too long'],
    ['4,000 parentheses', '('.repeat(4_000), 'is nested too deeply'],
    ['4,000 brackets', '['.repeat(4_000), 'is nested too deeply'],
    ['4,000 negations', `${'!'.repeat(4_000)}true`, 'is too large'],
    ['4,000 minuses', `${'-'.repeat(4_000)}1 == 1`, 'is too large'],
    ['900 negations', `${'!'.repeat(900)}event.x`, 'is nested too deeply'],
    ['fields of fields', `event${'.a'.repeat(2_000)}`, 'is nested too deeply'],
    ['a sum of sums', `1${' + 1'.repeat(400)} == 1`, 'is nested too deeply'],
    ['choices of choices', `${'true ? '.repeat(500)}1`, 'is nested too deeply'],
    ['a long list', `[${'1, '.repeat(300)}] == event.x`, 'is a list that is too long'],
    ['a large map', `{${'1: 1, '.repeat(300)}} == event.x`, 'is a map that is too large'],
    [
      'macros within macros',
      `${'event.x.all(x, '.repeat(4)}true))))`,
      'goes through a list within too many others',
    ],
    ['a chain of macros', `event.x${'.map(a, {a: a})'.repeat(200)} == 1`, 'is nested too deeply'],
    ['a long pattern', `event.x.matches("${'a'.repeat(513)}")`, 'is a pattern longer than 512 characters'],
    ['a pattern that unfolds', `event.x.matches("(?:(?:a?){30}){30}b")`, 'is a pattern that is too large'],
    ['patterns in a row', `event.x.matches("${'x{1000}'.repeat(60)}")`, 'is a pattern that is too large'],
  ])('compiling %s is refused', (_what, source, reason) => {
    expect(soon(() => compileExpression(source, ['event']))).toMatchObject({
      ok: false,
      problem: { reason },
    });
  });

  it('a row of conditions may be long', () => {
    expect(ask(`${'event.type == "x" || '.repeat(180)}true`)).toEqual({ ok: true, value: true });
  });

  it.each([
    'event.numbers.all(a, event.numbers.all(b, a + b >= 0))',
    'event.numbers.map(a, event.numbers).map(list, list.map(b, b * b)).size() == 1',
    `event.numbers.exists(a, event.numbers.exists(b, event.numbers.exists(c, c < 0)))`,
    'event.numbers.all(a, a in event.numbers)',
    'event.numbers.all(a, event.numbers == event.numbers.map(b, b))',
    'event.numbers.all(a, event.numbers + event.numbers != [])',
    'event.numbers.all(a, event.text.contains("b") || event.text.size() > 0)',
    'event.numbers.all(a, event.text.matches("x*y") || true)',
    'event.text.split("").join(event.text).size() > 0',
    `[event.text]${'.map(a, a + a)'.repeat(40)}[0].contains("b")`,
    `[1]${'.map(a, [a, a, a, a])'.repeat(40)} == [1]${'.map(a, [a, a, a, a])'.repeat(40)}`,
    'event.mixed.matches("[ab]*a[ab]{200}[c-d]$")',
    'event.numbers.all(a, timestamp("2026-03-08T07:00:00Z").getHours("Europe/" + string(a)) > 0 || true)',
    'event.numbers.exists(a, event.numbers.all(b, event.none) && false) || event.none',
  ])('evaluating %s is given up', (source) => {
    expect(soon(() => ask(source, { event: hostile }))).toEqual({
      ok: false,
      reason: 'takes more steps than an evaluation may',
    });
  });

  it('a pattern that runs away in other engines is answered', () => {
    for (const pattern of ['(x+x+)+y', '(a|aa)*b', '(a+)+$b', '^(([a-z])+.)+[A-Z]([a-z])+$'])
      expect(soon(() => ask(`event.matches("${pattern}")`, { event: 'a'.repeat(20_000) })).ok).toBe(true);
  });

  it('and what an event of 64 KiB honestly asks for is not', () => {
    const files = Array.from({ length: 1_000 }, (_, index) => ({
      name: `part-${String(index)}.csv`,
      size: index,
    }));
    const bound = { event: { files, numbers } };
    expect(
      ask('event.files.exists(file, file.name.matches("^part-999[.]csv$") && file.size > 5)', bound),
    ).toEqual({
      ok: true,
      value: true,
    });
    expect(ask('event.numbers.filter(n, n % 2 == 0).size() == 15000', bound)).toEqual({
      ok: true,
      value: true,
    });
  });
});

describe('by property', () => {
  const token = fc.constantFrom(
    ...'event upstream . ( ) [ ] { } , : ? ! - + * / % < <= > >= == != && || in 1 2.5 1u "a" \'b\' r"c" b"d"'.split(
      ' ',
    ),
    ...'true false null has size exists all map filter matches startsWith x constructor __proto__ \\ // \n @ é'.split(
      ' ',
    ),
  );
  const source = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join(' ')),
    fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join('')),
  );

  it('every text is an expression or a problem with all its parts', () => {
    fc.assert(
      fc.property(source, (text) => {
        const compiled = compileExpression(text, ['event']);
        if (compiled.ok) return true;
        const { reason, accepted, offset, line, column } = compiled.problem;
        expect([typeof reason, typeof accepted]).toEqual(['string', 'string']);
        expect(reason).not.toBe('');
        expect(accepted).not.toBe('');
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset).toBeLessThanOrEqual(text.length);
        expect(
          text
            .split('\n')
            .slice(0, line - 1)
            .join('\n').length +
            (line > 1 ? 1 : 0) +
            column -
            1,
        ).toBe(offset);
        return true;
      }),
      { numRuns: 5_000 },
    );
  });

  const ASKED = [
    'event.a > 1 && event.b.c == "x"',
    'event.a.exists(x, x.b > event.c) || event.b[0] == event["a"]',
    'event.a.map(x, x + 1) == event.b && size(event.a) < 3',
    'event.a.filter(x, x in event.b).all(y, y.matches("a+b"))',
    'event.a.startsWith(event.b) ? event.c : event.a - event.b > -event.c',
    'timestamp(event.a).getHours(event.b) % event.c == int(event.a)',
    'event == event.a || event != event',
    'has(event.a) && event.a.split(event.b).join(event.c) == string(event.a)',
    'event.a * event.b / event.c < event.a && event.a.substring(event.b, event.c) != ""',
  ];

  it('every JSON event gets a value or a reason', () => {
    const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.constantFrom('2026-03-08T07:00:00Z', 'Europe/Berlin', 0, -1, 1e308, 'aab'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map(Object.fromEntries),
      ),
    })).value;
    fc.assert(
      fc.property(json, fc.constantFrom(...ASKED), (value, asked) => {
        const answer = ask(asked, { event: JSON.parse(JSON.stringify(value)) as unknown });
        return answer.ok ? typeof answer.value === 'boolean' : answer.reason !== '';
      }),
      { numRuns: 3_000 },
    );
  });

  it('every value at all gets a value or a reason', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withNullPrototype: true,
          withSparseArray: true,
          withTypedArray: true,
        }),
        fc.constantFrom(...ASKED),
        (value, asked) => {
          const answer = ask(asked, { event: value });
          return answer.ok ? typeof answer.value === 'boolean' : answer.reason !== '';
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('the same source', () => {
  it('over the same variables is compiled once', () => {
    const first = compileExpression('event.once == 1', ['event']);
    expect(compileExpression('event.once == 1', ['event'])).toBe(first);
    expect(compileExpression('event.once == 1', ['event', 'other'])).not.toBe(first);
  });
});
