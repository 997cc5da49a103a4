/** What clients got an answer for: the promises that are to be kept. */
export type Told =
  | {
      readonly what: 'triggered';
      readonly job_id: string;
      readonly key: string;
      readonly execution_id: string;
      readonly created: boolean;
    }
  | {
      readonly what: 'cancelled';
      /** The one that was asked for. */
      readonly asked: string;
      /** The attempt that is cancelled. */
      readonly execution_id: string;
      /** RUNNING: it was asked to stop. */
      readonly status: 'CANCELLED' | 'RUNNING';
    }
  /** It does not exist: asked for an execution that was accepted before. */
  | { readonly what: 'unknown'; readonly execution_id: string }
  | { readonly what: 'event'; readonly n: number }
  | {
      readonly what: 'retried';
      readonly execution_id: string;
      readonly run_id: string;
      readonly pass: number;
    };
