export { BullDeliveryQueue } from './delivery-queue.js';
export { BullErrorQueues, type ErrorQueuesOptions } from './error-queues.js';
export { ExecutionWorker, type ExecutionWorkerOptions } from './execution-worker.js';
export { openQueuesForInspection, type InspectedQueue, type InspectedQueues } from './inspection.js';
export { MessageNotTaken, type IntakeAnswer, type IntakeMessage } from './intake-answer.js';
export { IntakeSender, type IntakeSenderOptions } from './intake-sender.js';
export { IntakeWorker, type IntakeWorkerOptions } from './intake-worker.js';
export { EVENTS_QUEUE, MANUAL_QUEUE, queuePrefix } from './names.js';
export { BullStageQueues, type StageQueuesOptions } from './stage-queues.js';
