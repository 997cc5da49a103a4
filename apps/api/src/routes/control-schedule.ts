import { pauseSchedule, resumeSchedule, type ScheduleControl, type Services } from '@phi/engine';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { HttpProblem } from '../http/http-problem.js';
import { findSchedule, scheduleParams } from './schedule-params.js';
import { schedulingProblem } from './schedule-problem.js';
import { scheduleSchema, viewSchedule } from './schedule-view.js';

interface Control {
  readonly verb: 'pause' | 'resume';
  readonly summary: string;
  readonly said: string;
  readonly carryOut: (services: Services, scheduleId: string) => Promise<ScheduleControl>;
}

const CONTROLS: readonly Control[] = [
  {
    verb: 'pause',
    summary: 'Skip the fire times of a schedule from now on',
    said: 'schedule paused',
    carryOut: pauseSchedule,
  },
  {
    verb: 'resume',
    summary: 'Let a schedule fire again that was paused, or was invalid and can be evaluated now',
    said: 'schedule resumed',
    carryOut: resumeSchedule,
  },
];

/** POST /v1/schedules/{schedule_id}/pause and /resume; repeated, they change nothing. */
export function controlSchedule(app: ApiApp, context: ApiContext): void {
  for (const control of CONTROLS) addControl(app, context, control);
}

function addControl(app: ApiApp, { services }: ApiContext, { verb, summary, said, carryOut }: Control): void {
  const schema = { summary, params: scheduleParams, response: { 200: scheduleSchema } };
  app.post(
    `/v1/schedules/:schedule_id/${verb}`,
    { config: { permission: 'schedules:control' }, schema },
    async (request) => {
      const job = await findSchedule(services, request.params.schedule_id);
      const { schedule_id } = job.schedule;
      const result = await carryOut(services, schedule_id).catch((error: unknown) => {
        throw schedulingProblem(error) ?? error;
      });
      if (!result.ok) throw refusalOf(result, job.definition.job_id);
      if (result.changed) request.log.info({ schedule_id, actor: callerOf(request).name }, said);
      return viewSchedule(services, job);
    },
  );
}

function refusalOf(result: Extract<ScheduleControl, { ok: false }>, jobId: string): HttpProblem {
  switch (result.refusal) {
    case 'NEVER_IN_FORCE':
      return new HttpProblem(409, 'SKIP_004_JOB_DISABLED', {
        detail: `The job ${jobId} was never enabled, so that its schedule has nothing to stop. Set enabled: true and apply it.`,
      });
    case 'CONFLICT':
      return new HttpProblem(409, 'API_003_CONFLICT', {
        detail: 'The schedule was changed by others all the while. Nothing was changed; try again.',
      });
  }
}
