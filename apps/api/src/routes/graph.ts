import {
  criticalPathByDuration,
  dependencyGraphSchema,
  graphAround,
  identifier,
  MAX_GRAPH_JOBS,
  renderDot,
  renderMermaid,
  viewGraph,
  type CompiledGraph,
  type DependencyGraph,
} from '@phi/core';
import { usualDurations } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { invalid } from '../http/http-problem.js';
import { notFoundAmong } from '../http/not-found.js';

/** Of how many jobs the histories are read for one answer. */
const TIMED_AT_MOST = 500;

const query = z
  .strictObject({
    format: z.enum(['json', 'mermaid', 'dot']).default('json').describe('How it is drawn.'),
    job: identifier.optional().describe('Only this job, what it waits for and what waits for it.'),
    depth: z.coerce
      .number<string>()
      .int()
      .min(1)
      .max(MAX_GRAPH_JOBS)
      .optional()
      .describe('With job: at most so many edges away from it. Default: all.'),
    critical_path: z
      .enum(['nodes', 'duration'])
      .default('nodes')
      .describe('The chain of most jobs, or the one that usually takes longest by what has run.'),
  })
  .superRefine(({ job, depth }, context) => {
    if (depth === undefined || job !== undefined) return;
    const params = { accepted: 'depth left out, or job besides' };
    context.addIssue({ code: 'custom', path: ['depth'], message: 'counts from a job', params });
  });

const drawing = { schema: z.string() };
const response = {
  200: {
    description: 'The graph.',
    content: { 'application/json': { schema: dependencyGraphSchema }, 'text/plain': drawing },
  },
};

const RENDERERS = { mermaid: renderMermaid, dot: renderDot } as const;

/** GET /v1/graph: the DependencyGraph of all registered jobs, or of those around one. */
export function graph(app: ApiApp, { services }: ApiContext): void {
  const schema = { summary: 'The graph of all jobs, or of those around one', querystring: query, response };
  app.get('/v1/graph', { config: { permission: 'jobs:read' }, schema }, async ({ query: asked }, reply) => {
    const { format, job, depth = Infinity, critical_path } = asked;
    const registered = (await services.catalog.current()).graph;
    const shown = job === undefined ? registered : graphAround(registered, job, depth);
    if (shown === undefined) throw notFoundAmong('job', 'job', String(job), registered.jobs);
    // A part of the graph is no other version of it.
    const view = { ...viewGraph(shown), graph_id: registered.graph_id };
    if (format !== 'json')
      return reply.type('text/plain; charset=utf-8').send(`${RENDERERS[format](view)}\n`);
    return critical_path === 'nodes' ? view : timed(view, shown);
  });

  async function timed(view: DependencyGraph, shown: CompiledGraph): Promise<DependencyGraph> {
    if (shown.jobs.length > TIMED_AT_MOST) {
      const reason = `would read the histories of ${String(shown.jobs.length)} jobs`;
      const accepted = `at most ${String(TIMED_AT_MOST)}: narrow it with job and depth`;
      throw invalid(400, [{ field: 'critical_path', reason, accepted, value: 'duration' }]);
    }
    const durations = await usualDurations(services, shown.jobs);
    return { ...view, critical_path: criticalPathByDuration(shown, durations) };
  }
}
