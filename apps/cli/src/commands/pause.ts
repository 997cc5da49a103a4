import { Argument, type Command } from 'commander';

import { segment } from '@phi/client';
import { findScheduleId } from '../api/find-schedule.js';
import { scheduleSchema } from '../api/schedule.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';
import { describeSchedule } from '../views/schedule-view.js';

const KINDS = ['schedule'] as const;
type Kind = (typeof KINDS)[number];

type Verb = 'pause' | 'resume';

export function addPause(program: Command, runner: CommandRunner): void {
  addControl(program, runner, 'pause')
    .summary('stop a schedule for now')
    .description(
      'Stops a schedule for now: its fire times are skipped until it is resumed. Repeated, it changes nothing.',
    );
}

export function addResume(program: Command, runner: CommandRunner): void {
  addControl(program, runner, 'resume')
    .summary('let a schedule fire again')
    .description(
      'Lets a schedule fire again that was paused, or that was invalid and can be evaluated now. Repeated, it changes nothing.',
    );
}

function addControl(program: Command, runner: CommandRunner, verb: Verb): Command {
  const command = program
    .command(verb)
    .addArgument(new Argument('<kind>', `what to ${verb}`).choices(KINDS))
    .argument('<id>', 'schedule_id, or the job_id of its job')
    .action(runner.action<[Kind, string], object>((context, [, id]) => control(context, verb, id)));
  return examples(command, [`phi ${verb} schedule daily_report.schedule`]);
}

async function control(context: Context, verb: Verb, id: string): Promise<ExitStatus> {
  const scheduleId = await findScheduleId(context.api(), id);
  const path = `/v1/schedules/${segment(scheduleId)}/${verb}`;
  const schedule = await context.api().post(path, undefined, scheduleSchema);
  context.output.emit(schedule, () => describeSchedule(schedule, context));
  return EXIT.ok;
}
