import * as z from 'zod';
import { clockTime } from './field-types.js';

export const WEEKDAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When executions may run (specification: Rule 17). A window that ends before it starts reaches into the next day. */
export const executionWindowSchema = z
  .strictObject({
    start: clockTime.describe('Time of day at which the window opens.'),
    end: clockTime.describe('Time of day at which it closes; before start, on the next day.'),
    days: z.array(z.enum(WEEKDAYS)).min(1).max(7).describe('Days on which the window opens.'),
  })
  .superRefine(({ start, end }, context) => {
    if (start === '24:00') {
      context.addIssue({
        code: 'custom',
        path: ['start'],
        message: 'is the end of a day',
        params: { accepted: '"00:00", with the day after among days' },
      });
    }
    if (start !== end) return;
    context.addIssue({
      code: 'custom',
      path: ['end'],
      message: 'equals start',
      params: { accepted: 'another time of day; "24:00" ends a whole day' },
    });
  });
export type ExecutionWindow = z.infer<typeof executionWindowSchema>;
