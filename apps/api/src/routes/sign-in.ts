import { isApiKey } from '../access/api-key.js';
import { acceptForms, demandSameOrigin } from '../access/forms.js';
import { openSession } from '../access/sessions.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { PAGE_POLICY, signInPage } from '../access/pages.js';
import { redisUnavailable } from '../http/http-problem.js';

/** GET and POST /sign-in: a key typed by a person opens a session for the browser. */
export function signIn(app: ApiApp, { keys, authenticator, isRedisReady }: ApiContext): void {
  const options = { config: { permission: 'public' as const }, schema: { hide: true } };
  app.get('/sign-in', options, async (_request, reply) =>
    reply
      .header('content-security-policy', PAGE_POLICY)
      .type('text/html; charset=utf-8')
      .send(signInPage('')),
  );
  void app.register(async (scope) => {
    acceptForms(scope);
    scope.post('/sign-in', options, async (request, reply) => {
      demandSameOrigin(request);
      if (!isRedisReady()) throw redisUnavailable();
      const key = readKey(request.body);
      const caller = key === undefined ? undefined : await authenticator.byKey(key);
      if (key !== undefined && caller !== undefined) {
        await openSession(keys, key, request, reply);
        return reply.redirect('/queues', 303);
      }
      reply.code(401).header('content-security-policy', PAGE_POLICY).type('text/html; charset=utf-8');
      return reply.send(signInPage('This is not a valid key.'));
    });
  });
}

function readKey(body: unknown): string | undefined {
  const text = body instanceof URLSearchParams ? (body.get('key') ?? '').trim() : '';
  return isApiKey(text) ? text : undefined;
}
