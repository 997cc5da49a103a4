import * as z from 'zod';

/** What a data set in Redis says of itself (docs/adr/0033-redis-in-trouble.md). */
export interface Epoch {
  /** Made once, when the namespace was first used, and gone with its data. */
  readonly data_set: string;
  /** Redis' time of the latest look at it, epoch milliseconds; it only grows while nothing is lost. */
  readonly mark: number;
  /** The mark that this look found. */
  readonly found: number;
  /** The servers that took it up, each with the mark that it found; the latest ones, in order. */
  readonly takeovers: readonly Takeover[];
}

/** A server that took a data set up: started on it, or promoted with it. */
export interface Takeover {
  /** Redis' run_id; empty where it may not be asked. */
  readonly server: string;
  readonly mark: number;
}

const seenEpochSchema = z.object({
  data_set: z.string(),
  mark: z.number(),
  /** The latest takeover that was known. */
  takeover: z.object({ server: z.string(), mark: z.number() }),
});

/** The highest epoch that was seen, as it is kept outside Redis. */
export type SeenEpoch = z.infer<typeof seenEpochSchema>;

/** @returns undefined for a text that is none */
export function parseSeenEpoch(text: string): SeenEpoch | undefined {
  try {
    return seenEpochSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Data that Redis held and does not hold any more. */
export interface DataLoss {
  /** Names the loss, whoever finds it. */
  readonly loss_id: string;
  /** DATA_SET: all of it. TAIL: what was written last. */
  readonly kind: 'DATA_SET' | 'TAIL';
  /** What was written up to then is there, epoch milliseconds; null: nothing is. */
  readonly kept_until: number | null;
  /** What was written from `kept_until` to then is missing or in doubt, epoch milliseconds. */
  readonly lost_until: number;
}

/** A loss as it is reported, until somebody acknowledges it. */
export interface ReportedLoss extends DataLoss {
  /** Epoch milliseconds, Redis' clock. */
  readonly found_time: number;
  readonly found_by: string;
}

export function seenOf({ data_set, mark, takeovers }: Epoch): SeenEpoch {
  return { data_set, mark, takeover: takeovers.at(-1) ?? { server: '', mark } };
}

/** What is missing of what was seen: marks that were there before a server took over, and that it did not find. */
export function findLoss(seen: SeenEpoch, now: Epoch): DataLoss | undefined {
  if (seen.data_set !== now.data_set) {
    return { loss_id: `all:${seen.data_set}`, kind: 'DATA_SET', kept_until: null, lost_until: seen.mark };
  }
  const known = now.takeovers.findLastIndex(
    ({ server, mark }) => server === seen.takeover.server && mark === seen.takeover.mark,
  );
  const [lowest] = now.takeovers.slice(known + 1).toSorted((one, other) => one.mark - other.mark);
  if (lowest === undefined || lowest.mark >= seen.mark) {
    // Where servers cannot be told apart, whoever looks first sees it.
    return now.found < seen.mark ? tail(`:${String(now.found)}`, now.found, seen) : undefined;
  }
  return tail(`${lowest.server}:${String(lowest.mark)}`, lowest.mark, seen);
}

function tail(lossId: string, keptUntil: number, seen: SeenEpoch): DataLoss {
  return { loss_id: `tail:${lossId}`, kind: 'TAIL', kept_until: keptUntil, lost_until: seen.mark };
}

/** A loss in words, one line. */
export function describeLoss({ kind, kept_until, lost_until }: DataLoss): string {
  const until = new Date(lost_until).toISOString();
  return kind === 'DATA_SET' || kept_until === null
    ? `Redis lost everything that was written until ${until}`
    : `Redis lost what was written from ${new Date(kept_until).toISOString()} to ${until}, or some of it`;
}
