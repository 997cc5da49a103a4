// npm run build: installs and builds, nothing else.
import { prepare } from './bootstrap/prepare.mjs';
import { runMain } from './console/progress.mjs';

await runMain(async () => {
  await prepare();
});
