import { acceptForms, demandSameOrigin } from '../access/forms.js';
import { PAGE_POLICY, signOutPage } from '../access/pages.js';
import { closeSession } from '../access/sessions.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { redisUnavailable } from '../http/http-problem.js';

/** GET and POST /sign-out: ends the browser's session. */
export function signOut(app: ApiApp, { keys, isRedisReady }: ApiContext): void {
  const options = { config: { permission: 'public' as const }, schema: { hide: true } };
  app.get('/sign-out', options, async (_request, reply) =>
    reply.header('content-security-policy', PAGE_POLICY).type('text/html; charset=utf-8').send(signOutPage()),
  );
  void app.register(async (scope) => {
    acceptForms(scope);
    scope.post('/sign-out', options, async (request, reply) => {
      demandSameOrigin(request);
      if (!isRedisReady()) throw redisUnavailable();
      await closeSession(keys, request, reply);
      return reply.redirect('/sign-in', 303);
    });
  });
}
