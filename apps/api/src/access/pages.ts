import { createHash } from 'node:crypto';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f4f5f7; color: #1c2430 }
form { background: #fff; padding: 2rem; border-radius: 8px; box-shadow: 0 1px 4px #0002; width: min(26rem, 80vw) }
h1 { font-size: 1.25rem; margin: 0 0 1rem }
label { display: block; margin-bottom: .25rem }
input { width: 100%; box-sizing: border-box; padding: .5rem; font: inherit; border: 1px solid #8b96a5; border-radius: 4px }
button { margin-top: 1rem; padding: .5rem 1.25rem; font: inherit; border: 0; border-radius: 4px; background: #1f5fbf; color: #fff; cursor: pointer }
.wrong { color: #a3151f }
@media (prefers-color-scheme: dark) { body { background: #151a21; color: #dde3ea } form { background: #1f2630 } input { background: #151a21; color: inherit } .wrong { color: #ff8f98 } }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Content security policy of these pages: their one style, their own form, nothing else. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`;

/** @param wrong - what was wrong with the last try; a text of ours, never the caller's */
export function signInPage(wrong: string): string {
  const message = wrong === '' ? '' : `<p class="wrong" role="alert">${wrong}</p>`;
  return page(
    'Sign in to Phi',
    `<form method="post" action="/sign-in"><h1>Sign in to Phi</h1>${message}
<label for="key">API key</label><input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
<button>Sign in</button></form>`,
  );
}

export function signOutPage(): string {
  return page(
    'Sign out of Phi',
    '<form method="post" action="/sign-out"><h1>Sign out of Phi?</h1><button>Sign out</button></form>',
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${STYLE}</style></head>
<body>${body}</body></html>
`;
}
