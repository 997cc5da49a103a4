import type { QueueBinding, RemoteJob, RemoteModules, StageQueues } from '@phi/core';

/** Takes a job out of its queue for which no attempt waits any more. What a worker has begun is left to end. */
export const takeBackJob = async (
  queues: Pick<StageQueues, 'look' | 'remove'>,
  { queue, prefix }: QueueBinding,
  { key }: RemoteJob,
): ReturnType<RemoteModules['cancel']> => {
  const stage = { queue, prefix, job_id: key };
  const { state } = await queues.look(stage);
  if (state === 'ABSENT') return { word: 'NOT_FOUND' };
  if (state === 'COMPLETED' || state === 'FAILED') return { word: 'GONE' };
  if (await queues.remove(stage)) return { word: 'GONE' };
  return {
    word: 'ASKED',
    problem: `a worker of ${queue} has the job: BullMQ cannot cancel what a worker has begun`,
  };
};
