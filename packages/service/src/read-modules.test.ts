import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { readModules } from './read-modules.js';

describe('readModules', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'phi-modules-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const file = (text: string): string => {
    const path = join(directory, 'modules.yaml');
    writeFileSync(path, text);
    return path;
  };

  it('reads handlers, with spaces and equals signs in their paths', () => {
    expect(readModules({ PHI_HANDLERS: 'MINE=/h/a b.js, my-other_1=/h/x=y.js,' })).toEqual({
      bindings: {
        MINE: { kind: 'handler', path: '/h/a b.js' },
        'my-other_1': { kind: 'handler', path: '/h/x=y.js' },
      },
      problems: [],
    });
  });

  it.each(['/no/name.js', '=x', 'NAME=', '1X=/h.js'])(
    'names the handler "%s" that it cannot read',
    (entry) => {
      const { problems } = readModules({ PHI_HANDLERS: `OK=/h.js,${entry}` });
      expect(problems).toEqual([
        expect.objectContaining({ field: 'PHI_HANDLERS', reason: expect.stringContaining(entry) }),
      ]);
    },
  );

  it('reads a file of modules, paths relative to it, and lets PHI_HANDLERS go before it', () => {
    const path = file(
      'modules:\n  ALPHA: { kind: http, url: https://alpha.example }\n  GREET: { kind: handler, path: greet.mjs }\n',
    );
    expect(readModules({ PHI_MODULES: path, PHI_HANDLERS: 'ALPHA=/mine.mjs' }).bindings).toMatchObject({
      ALPHA: { kind: 'handler', path: '/mine.mjs' },
      GREET: { kind: 'handler', path: join(directory, 'greet.mjs') },
    });
  });

  it('finds what a command has beside the file of modules, and leaves everything else to the PATH', () => {
    const path = file(
      'modules:\n  CONVERT: { kind: command, argv: [python3, ./convert.py, "../x/${{ parameters.a }}", a/b, "./"] }\n',
    );
    expect(readModules({ PHI_MODULES: path }).bindings['CONVERT']).toMatchObject({
      argv: [
        'python3',
        join(directory, 'convert.py'),
        join(directory, '../x/${{ parameters.a }}'),
        'a/b',
        join(directory, '/'),
      ],
    });
  });

  it('says where what is wrong stands', () => {
    const path = file('modules:\n  ALPHA:\n    kind: ftp\n');
    expect(readModules({ PHI_MODULES: path }).problems).toEqual([
      expect.objectContaining({ file: path, line: 3, field: 'modules.ALPHA.kind' }),
    ]);
    expect(readModules({ PHI_MODULES: join(directory, 'none.yaml') }).problems).toEqual([
      expect.objectContaining({ field: 'PHI_MODULES' }),
    ]);
  });
});
