import * as z from 'zod';
import { RESOURCE_SOURCES } from '../resources/watched-resources.js';
import { dateTime } from './field-types.js';
import { EMERGENCY_ACTIONS, resourceExhaustionErrorSchema } from './resource-exhaustion-error.js';

/** A ResourceExhaustionError that holds now, with who found it and what is done about it. */
export const exhaustedResourceSchema = resourceExhaustionErrorSchema.extend({
  error_code: z.string().describe('The error code of the resource.'),
  source: z.enum(RESOURCE_SOURCES).describe('Whose it is: of the host of an executor, or of Redis.'),
  measured_by: z.string().describe('The executor, or the process that measures Redis.'),
  since: dateTime.describe('When it was found exhausted.'),
  emergency_actions: z.array(z.enum(EMERGENCY_ACTIONS)).describe('What it calls for.'),
  in_force: z
    .array(z.enum(EMERGENCY_ACTIONS))
    .describe(
      'Of those, what holds for the namespace now; that of a host holds once every executor calls for it.',
    ),
});
export type ExhaustedResourceView = z.infer<typeof exhaustedResourceSchema>;
