import type { ApiKeyStore } from '@phi/core';
import type { Services } from '@phi/engine';
import type { InspectedQueues } from '@phi/queues';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Authenticator } from './access/authenticator.js';
import type { WebhookSecrets } from './webhooks/webhook-secrets.js';

/** What the routes are written over. */
export interface ApiContext {
  readonly services: Services;
  readonly keys: ApiKeyStore;
  readonly authenticator: Authenticator;
  readonly webhookSecrets: WebhookSecrets;
  /** What callbacks of remote modules are signed by; undefined where there are none. */
  readonly callbackSecret: string | undefined;
  readonly inspection: InspectedQueues;
  /** Whether the connection to Redis is up. */
  readonly isRedisReady: () => boolean;
  /** Asks Redis for a sign of life; rejects when there is none. */
  readonly pingRedis: () => Promise<unknown>;
}

/** An app whose routes take their types from zod schemas. */
export type ApiApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Adds one route, or the few that belong to one page. It touches its context when called, not when added. */
export type RouteModule = (app: ApiApp, context: ApiContext) => void;
