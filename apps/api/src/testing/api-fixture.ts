import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

import {
  API_ROLES,
  formatProblem,
  parseConfig,
  type ApiKeyStore,
  type ApiRole,
  type PhiConfig,
} from '@phi/core';
import { openQueuesForInspection } from '@phi/queues';
import { openServices, type OpenServices } from '@phi/service';
import { openApiKeys } from '@phi/store';
import { createLogger } from '@phi/telemetry';
import { testRedis } from '@phi/testkit';
import type { LightMyRequestResponse } from 'fastify';

import { generateApiKey, hashSecret } from '../access/api-key.js';
import { Authenticator } from '../access/authenticator.js';
import type { RegisteredRoute } from '../access/route-access.js';
import type { ApiApp } from '../api-context.js';
import { buildApp } from '../app.js';
import { readWebhookSecrets, type WebhookSecrets } from '../webhooks/webhook-secrets.js';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Sent {
  /** Whose key is sent. Default: the admin's; null sends none. */
  readonly as?: ApiRole | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API over a namespace of its own, with a key for each role. */
export interface ApiFixture {
  readonly app: ApiApp;
  readonly routes: readonly RegisteredRoute[];
  readonly open: OpenServices;
  readonly keys: ApiKeyStore;
  readonly keyOf: Readonly<Record<ApiRole, string>>;
  /** Listens on a free port. @returns the port */
  listen(): Promise<number>;
  send(method: Method, url: string, sent?: Sent): Promise<LightMyRequestResponse>;
  /** Registers a key that expires at a time. */
  expiringKey(expiresMs: number): Promise<string>;
  close(): Promise<void>;
}

export interface ApiFixtureOptions {
  /** As in PHI_WEBHOOK_SECRETS. */
  readonly webhookSecrets?: string;
  /** As in PHI_CALLBACK_SECRET. */
  readonly callbackSecret?: string;
  readonly config?: Partial<PhiConfig>;
}

export async function openApiFixture(label: string, options: ApiFixtureOptions = {}): Promise<ApiFixture> {
  const corner = testRedis(label);
  const { url: redisUrl, namespace } = corner;
  const log = createLogger('api', 'silent');
  const open = openServices(
    { redisUrl, namespace, dataDir: '.', logLevel: 'silent', config: { ...defaults(), ...options.config } },
    log,
  );
  const keys = openApiKeys(open.redis, namespace);
  const inspection = openQueuesForInspection({ redisUrl, namespace, onError: () => undefined });
  await open.redis.ping();
  const { app, routes } = await buildApp(
    {
      services: open.services,
      keys,
      authenticator: new Authenticator(keys, open.services.clock),
      webhookSecrets: secretsOf(options.webhookSecrets ?? ''),
      callbackSecret: options.callbackSecret,
      inspection,
      isRedisReady: () => open.redis.status === 'ready',
      pingRedis: () => open.redis.ping(),
    },
    log,
  );
  await app.ready();
  const keyOf = await registerKeys(keys);
  return {
    app,
    routes: routes(),
    open,
    keys,
    keyOf,
    async listen() {
      return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
    },
    send: (method, url, { as = 'admin', body, headers } = {}) =>
      app.inject({
        method,
        url,
        headers: { ...(as === null ? {} : { authorization: `Bearer ${keyOf[as]}` }), ...headers },
        ...(body === undefined ? {} : { payload: body as string | object }),
      }),
    expiringKey: (expiresMs) => registerKey(keys, 'admin', expiresMs),
    async close() {
      await app.close();
      await inspection.close();
      await open.close();
      await corner.cleanup();
    },
  };
}

function secretsOf(text: string): WebhookSecrets {
  const read = readWebhookSecrets(text);
  if (!read.ok) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.secrets;
}

function defaults(): PhiConfig {
  const read = parseConfig({});
  if (!read.ok) throw new Error('the defaults do not hold');
  return read.config;
}

async function registerKeys(keys: ApiKeyStore): Promise<Record<ApiRole, string>> {
  const entries = await Promise.all(
    API_ROLES.map(async (role) => [role, await registerKey(keys, role)] as const),
  );
  return Object.fromEntries(entries) as Record<ApiRole, string>;
}

async function registerKey(keys: ApiKeyStore, role: ApiRole, expiresMs?: number): Promise<string> {
  const key = generateApiKey();
  const expiry = expiresMs === undefined ? {} : { expires_time: expiresMs };
  await keys.register({
    id: role,
    name: `a ${role}`,
    role,
    hash: hashSecret(key),
    created_time: 0,
    ...expiry,
  });
  return key;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** A request whose path goes over the wire as it stands, which URL parsers would tidy up. */
export function sendRaw(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, method, path, headers, agent: false },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
      },
    );
    request.once('error', reject);
    request.end();
  });
}
