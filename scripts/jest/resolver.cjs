// TypeScript's sources import each other as `./name.js`. Beside a source of ours that means `./name.ts`;
// inside node_modules a `.js` is a `.js`.
const { existsSync } = require('node:fs');
const path = require('node:path');

module.exports = (request, options) => {
  if (/^\.{1,2}\/.*\.js$/u.test(request) && !/[/\\]node_modules[/\\]/u.test(options.basedir)) {
    const source = path.resolve(options.basedir, `${request.slice(0, -2)}ts`);
    if (existsSync(source)) return source;
  }
  return options.defaultResolver(request, options);
};
