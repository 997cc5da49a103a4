import { Transform } from 'node:stream';

/** Lets bytes through up to a limit. */
export interface BoundedBytes {
  readonly stream: Transform;
  /** How many came through so far. */
  bytes(): number;
}

/** @param tooMany the error with which the stream ends at the first byte beyond `limit` */
export const boundedBytes = (limit: number, tooMany: () => Error): BoundedBytes => {
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limit) done(tooMany());
      else done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes };
};
