/** How the stub answers one request instead of properly. */
export interface ScriptedReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Before the answer begins, in milliseconds. */
  readonly delayMs?: number;
  /** Between one byte of the body and the next, in milliseconds. */
  readonly dripMs?: number;
  /** Ends the connection instead of answering. */
  readonly cut?: boolean;
  /** Does first what was asked: only the answer is wrong. */
  readonly works?: boolean;
  /** Changes of what would have been answered properly. */
  readonly lies?: Readonly<Record<string, unknown>>;
  /** For how many requests; default: 1. */
  readonly times?: number;
}

/** POST, GET and DELETE of jobs; LIST is GET of all of them, LOGS of the lines of one. */
export type ScriptedRequest = 'POST' | 'GET' | 'DELETE' | 'LIST' | 'LOGS';

/** What a test tells the stub. */
export type StubOrder =
  | { readonly op: 'script'; readonly request: ScriptedRequest; readonly replies: readonly ScriptedReply[] }
  /** What the status of a job says from now on; its sequence grows. Without a key: of the latest. */
  | { readonly op: 'set'; readonly key?: string; readonly status: Readonly<Record<string, unknown>> }
  /** What the status of each new job says. */
  | { readonly op: 'begin-with'; readonly status: Readonly<Record<string, unknown>> }
  | { readonly op: 'print'; readonly lines: readonly string[] }
  | { readonly op: 'forget' }
  /** Whether jobs go on although they are asked to stop. */
  | { readonly op: 'ignore-cancel'; readonly ignore: boolean }
  /** Calls back for the latest job. */
  | { readonly op: 'call-back'; readonly times: number; readonly status?: Readonly<Record<string, unknown>> };

/** A request that the stub got. */
export interface SeenRequest {
  readonly request: ScriptedRequest;
  readonly ref?: string;
  readonly key?: string;
  readonly fence?: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: unknown;
}

export interface StubJob {
  readonly key: string;
  readonly ref: string;
  readonly body: { readonly callback?: { readonly url: string; readonly secret: string } };
  readonly status: Readonly<Record<string, unknown>> & { readonly state: string; readonly sequence: number };
}

/** Everything that a test may look at. */
export interface StubView {
  readonly seen: readonly SeenRequest[];
  readonly jobs: readonly StubJob[];
}
