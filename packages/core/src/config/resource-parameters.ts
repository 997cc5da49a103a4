import * as z from 'zod';
import { acceptedTexts } from '../schema/field-types.js';
import { EMERGENCY_ACTIONS } from '../schema/resource-exhaustion-error.js';
import { float, integer, parameter } from './parameter.js';

const share = float(0, 1);
const actions = z
  .array(z.enum(EMERGENCY_ACTIONS))
  .max(EMERGENCY_ACTIONS.length)
  .register(acceptedTexts, {
    accepted: `any of ${EMERGENCY_ACTIONS.join(', ')}, separated by commas; or nothing`,
  });

/** When a resource counts as exhausted and what is done then (specification: Resource Exhaustion Errors). */
export const RESOURCE_PARAMETERS = {
  RESOURCE_CHECK_INTERVAL_SECONDS: parameter(
    'Resource exhaustion',
    integer(1, 300),
    5,
    's',
    'Interval at which resources are measured. What was found lapses after three of them without word from who found it.',
  ),
  RESOURCE_RECOVERY_RATIO: parameter(
    'Resource exhaustion',
    float(0.1, 1),
    0.95,
    null,
    'An exhausted resource has recovered below its threshold times this.',
  ),
  RESOURCE_MEMORY_THRESHOLD: parameter(
    'Resource exhaustion',
    share,
    0.95,
    'share in use',
    "Memory of an executor's host, or of the container it runs in, from which on it is exhausted; 0: not watched.",
  ),
  RESOURCE_MEMORY_ACTIONS: parameter(
    'Resource exhaustion',
    actions,
    ['QUEUE_ALL'],
    null,
    'What is done then. QUEUE_ALL takes that executor out until it recovers; an action holds for all once every executor calls for it.',
  ),
  RESOURCE_CPU_THRESHOLD: parameter(
    'Resource exhaustion',
    share,
    0.98,
    'share in use',
    "Processors of an executor's host or container, smoothed over a minute; 0: not watched.",
  ),
  RESOURCE_CPU_ACTIONS: parameter(
    'Resource exhaustion',
    actions,
    [],
    null,
    'What is done then. Nothing: it is reported, and what runs takes longer.',
  ),
  RESOURCE_DISK_THRESHOLD: parameter(
    'Resource exhaustion',
    share,
    0.98,
    'share in use',
    "File systems of an executor's PHI_DATA_DIR and PHI_OUTPUT_DIR; 0: not watched.",
  ),
  RESOURCE_DISK_ACTIONS: parameter(
    'Resource exhaustion',
    actions,
    ['QUEUE_ALL'],
    null,
    'What is done then, as with memory.',
  ),
  RESOURCE_REDIS_MEMORY_THRESHOLD: parameter(
    'Resource exhaustion',
    share,
    0.9,
    'share in use',
    "Redis' memory against its maxmemory, where that is set; 0: not watched.",
  ),
  RESOURCE_REDIS_MEMORY_ACTIONS: parameter(
    'Resource exhaustion',
    actions,
    ['PAUSE_SCHEDULING', 'REJECT_LOW_PRIORITY'],
    null,
    'What is done then, in the whole namespace.',
  ),
  RESOURCE_CONNECTIONS_THRESHOLD: parameter(
    'Resource exhaustion',
    share,
    0.9,
    'share in use',
    "Redis' connected clients against its maxclients; 0: not watched.",
  ),
  RESOURCE_CONNECTIONS_ACTIONS: parameter(
    'Resource exhaustion',
    actions,
    ['QUEUE_ALL'],
    null,
    'What is done then, in the whole namespace.',
  ),
  RESOURCE_REJECT_BELOW_PRIORITY: parameter(
    'Resource exhaustion',
    integer(-1000, 1001),
    0,
    'priority',
    'REJECT_LOW_PRIORITY refuses jobs whose resources.priority is lower.',
  ),
} as const;
