import type { ApiApp, ApiContext } from '../api-context.js';
import { findSchedule, scheduleParams } from './schedule-params.js';
import { scheduleSchema, viewSchedule } from './schedule-view.js';

/** GET /v1/schedules/{schedule_id}: a schedule as it stands. */
export function getSchedule(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'A schedule as it stands',
    params: scheduleParams,
    response: { 200: scheduleSchema },
  };
  app.get(
    '/v1/schedules/:schedule_id',
    { config: { permission: 'schedules:read' }, schema },
    async ({ params }) => viewSchedule(services, await findSchedule(services, params.schedule_id)),
  );
}
