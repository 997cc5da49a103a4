import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import type { Logger } from '@phi/telemetry';
import { fastify, LogController, type FastifyBaseLogger } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

import { registerGuard } from './access/guard.js';
import { registerRouteAccess, type RegisteredRoute } from './access/route-access.js';
import type { ApiApp, ApiContext } from './api-context.js';
import { registerBoard } from './board/board.js';
import { answerFrameworkError, registerErrorHandler } from './http/error-handler.js';
import { registerDurability } from './http/durability.js';
import { compileValidator } from './http/validator.js';
import { registerOpenApi } from './openapi/register-openapi.js';
import { ROUTES } from './routes/index.js';

const BODY_LIMIT_BYTES = 1024 * 1024;
/** Ids have up to 256 characters, some of them escaped. */
const PARAMETER_LENGTH = 1024;
/** How long a request may take before it is answered 503, in milliseconds. */
const HANDLER_TIMEOUT_MS = 5000;
const ONE_YEAR_SECONDS = 31_536_000;

export interface Api {
  readonly app: ApiApp;
  /** Every route with what it demands of its caller; complete once the app is ready. */
  readonly routes: () => readonly RegisteredRoute[];
}

/** The HTTP control plane: everything between a request and the engine's use cases. */
export async function buildApp(context: ApiContext, log: Logger): Promise<Api> {
  const logger: FastifyBaseLogger = log;
  const app: ApiApp = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: BODY_LIMIT_BYTES,
    handlerTimeout: HANDLER_TIMEOUT_MS,
    routerOptions: { maxParamLength: PARAMETER_LENGTH },
    genReqId: () => context.services.ids.next(),
    frameworkErrors: answerFrameworkError,
    forceCloseConnections: 'idle',
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.removeContentTypeParser('text/plain');
  registerErrorHandler(app);
  const routes = registerRouteAccess(app);
  registerRequestLog(app);
  registerDurability(app, context.services.durability);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
      },
    },
    strictTransportSecurity: { maxAge: ONE_YEAR_SECONDS },
    // Not no-referrer: a browser then sends our own forms with `Origin: null`.
    referrerPolicy: { policy: 'same-origin' },
  });
  await app.register(cookie);
  registerGuard(app, context);
  await registerOpenApi(app);
  for (const route of ROUTES) route(app, context);
  await registerBoard(app, context);
  return { app, routes };
}

function registerRequestLog(app: ApiApp): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const level = request.method === 'GET' || request.method === 'HEAD' ? 'debug' : 'info';
    request.log[level](
      {
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime),
        caller: request.caller?.name,
      },
      'request',
    );
  });
}
