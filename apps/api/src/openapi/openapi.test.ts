import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';
import { renderOpenApi } from './render-openapi.js';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { security?: object[]; responses: Record<string, unknown> }>>>
  >;
  readonly components: { readonly schemas: object };
}

function securityOf(permission: string): unknown {
  if (permission === 'public') return 'public';
  return permission === 'signed' ? { signature: [] } : { key: [permission] };
}

describe('OpenAPI', () => {
  let api: ApiFixture;
  let document: Document;

  beforeAll(async () => {
    api = await openApiFixture('openapi');
    document = (await api.send('GET', '/openapi.json', { as: null })).json<Document>();
  });
  afterAll(() => api.close());

  it('describes every route, with what it demands', () => {
    expect(document.openapi).toBe('3.1.0');
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) =>
          `${method.toUpperCase()} ${path} ${JSON.stringify(operation.security?.[0] ?? 'public')}`,
      ),
    );
    const hidden = /^\/(queues|sign-in|sign-out|openapi\.json)/;
    const routes = api.routes
      .filter(({ method, url }) => method !== 'HEAD' && !hidden.test(url))
      .map(
        ({ method, url, permission }) =>
          `${method} ${url.replace(/:(\w+)/g, '{$1}')} ${JSON.stringify(securityOf(permission))}`,
      );
    expect(described.sort()).toEqual(routes.sort());
  });

  it('refers to nothing that it does not define', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => String(name),
    );
    expect([...new Set(references)].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });

  it('keeps the descriptions of the fields', () => {
    expect(JSON.stringify(document.components.schemas)).toContain(
      'Maximum execution time, in seconds (Rule 12). Default: 3600.',
    );
  });

  it('is the same without a server', async () => {
    expect(JSON.parse(await renderOpenApi())).toEqual(document);
  });
});
