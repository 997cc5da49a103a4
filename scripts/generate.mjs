// npm run generate: writes the generated files. With --check it writes nothing and names those that are old.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { runMain, say } from './console/progress.mjs';
import { generatedFiles } from './generated-files.mjs';
import { root } from './paths.mjs';

const isCheck = process.argv.includes('--check');

await runMain(async () => {
  const old = [];
  for (const { output, produce } of generatedFiles) {
    const file = path.join(root, output);
    const text = await produce();
    if ((await readFile(file, 'utf8').catch(() => undefined)) === text) continue;
    old.push(output);
    if (isCheck) continue;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    say(`wrote ${output}`);
  }
  if (!isCheck || old.length === 0) return 0;
  say(`not up to date: ${old.join(', ')}; npm run generate writes them`);
  return 1;
});
