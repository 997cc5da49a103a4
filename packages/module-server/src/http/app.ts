import {
  CONTRACT_VERSION,
  jobLogsQuerySchema,
  jobQuerySchema,
  type JobStatusInput,
  type ModuleDescription,
} from '@phi/modules';
import { fastify, type FastifyInstance } from 'fastify';

import type { Job } from '../jobs/job.js';
import type { ModuleJobs } from '../jobs/module-jobs.js';
import type { ModuleServerOptions } from '../module-server-options.js';
import { registerAccess } from './access.js';
import { registerErrorHandler } from './error-handler.js';
import { read, readFence, readJobRequest, readKey } from './read-request.js';

const BODY_LIMIT_BYTES = 1024 * 1024;
/** How long a request may take to arrive, in milliseconds. */
const REQUEST_WITHIN_MS = 30_000;
const REF_LENGTH = 256;

const CAPABILITIES = ['callbacks', 'cancel', 'logs', 'checkpoints', 'fences'];

interface OfJob {
  readonly Params: { readonly ref: string };
}

/** The module contract over HTTP (docs/module-contract.md). */
export function buildApp(
  jobs: ModuleJobs,
  names: readonly string[],
  { token, log }: Pick<ModuleServerOptions, 'token' | 'log'>,
): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_WITHIN_MS,
    routerOptions: { maxParamLength: REF_LENGTH },
    forceCloseConnections: 'idle',
  });
  app.removeContentTypeParser('text/plain');
  registerErrorHandler(app, log);
  registerAccess(app, token);

  app.get('/v1/module', (): ModuleDescription => ({
    names: [...names],
    contract_version: CONTRACT_VERSION,
    capabilities: [...CAPABILITIES],
  }));
  app.post('/v1/jobs', async ({ headers, body }, reply) => {
    const key = readKey(headers);
    return reply.code(202).send(await jobs.submit(key, readJobRequest(body)));
  });
  app.get('/v1/jobs', ({ query }) => jobs.list(read(jobQuerySchema, query)));
  app.get<OfJob>('/v1/jobs/:ref', async ({ params, headers }): Promise<JobStatusInput> => {
    const job = await jobs.get(params.ref, readFence(headers));
    return job.status;
  });
  app.delete<OfJob>('/v1/jobs/:ref', async ({ params, headers }, reply) => {
    const job = await jobs.cancel(params.ref, readFence(headers));
    return reply.code(statusAfterCancel(job)).send(job.status);
  });
  app.get<OfJob>('/v1/jobs/:ref/logs', ({ params, query }) =>
    jobs.logs(params.ref, read(jobLogsQuerySchema, query).after),
  );
  return app;
}

function statusAfterCancel({ state }: Job): number {
  switch (state) {
    case 'CANCELLED':
      return 200;
    case 'ACCEPTED':
    case 'RUNNING':
      return 202;
    case 'SUCCEEDED':
    case 'FAILED':
      return 409;
  }
}
