export { BullDeliveryQueue } from './delivery-queue.js';
export { ExecutionWorker, type ExecutionWorkerOptions } from './execution-worker.js';
export { openQueuesForInspection, type InspectedQueues } from './inspection.js';
