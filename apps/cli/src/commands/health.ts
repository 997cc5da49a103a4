import { orchestrationHealthStatusSchema, type OrchestrationHealthStatus } from '@phi/core';
import type { Command } from 'commander';

import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';
import { statusCell } from '../output/status-cell.js';
import { facts } from '../output/table.js';

export function addHealth(program: Command, runner: CommandRunner): void {
  const command = program
    .command('health')
    .summary('say how Phi is doing')
    .description(
      'Says how Phi is doing (specification: Health Check Integration). Exit status 1 when it is UNHEALTHY.',
    )
    .action(runner.action<[], object>((context) => health(context)));
  examples(command, ['phi health', 'phi health -o json']);
}

async function health(context: Context): Promise<ExitStatus> {
  const status = await context.api().get('/health', orchestrationHealthStatusSchema.loose());
  context.output.emit(status, () => describe(status, context));
  return status.overall_status === 'UNHEALTHY' ? EXIT.failed : EXIT.ok;
}

function describe(status: OrchestrationHealthStatus, { output }: Context): string {
  return facts([
    ['overall', statusCell(status.overall_status, output.colours)],
    ['scheduler', status.scheduler_status],
    ['executor', status.executor_status],
    ['dependency resolver', status.dependency_resolver_status],
    ['integrity', status.integrity_status],
    ['resources', status.resource_status],
    ['redis', status.redis_status],
    ['active executions', status.active_executions],
    ['queued jobs', status.queued_jobs],
    ['errors, last hour', percent(status.error_rate_1h)],
    ['successes, last 24 hours', percent(status.success_rate_24h)],
  ]);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
