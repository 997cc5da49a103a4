import type { ChildModule } from '@phi/modules';

/** All absolute. */
export interface Directories {
  /** Sources are read from below here. */
  readonly source: string;
  /** Batches are exchanged below here: the same as the executors'. */
  readonly data: string;
  /** Deliveries are written below here. */
  readonly output: string;
  /** Scratch space of jobs, this machine's own. */
  readonly work: string;
  /** Where it is kept which jobs there are: of this server alone. */
  readonly state: string;
}

/** What a module server tells of itself; fields as pino takes them. */
export interface ServerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ModuleServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Demanded as `Authorization: Bearer`; without one, only this machine is served. */
  readonly token?: string;
  /** What is served, by name. */
  readonly modules: Readonly<Record<string, ChildModule>>;
  readonly directories: Directories;
  /** Jobs that run at once. */
  readonly parallelism: number;
  /** Jobs that may wait for their turn; more are refused with 429. */
  readonly waiting: number;
  /** Jobs that are remembered, running ones included; of the others the oldest are forgotten first. */
  readonly keepJobs: number;
  /** How long a job is remembered after its end, in milliseconds. */
  readonly keepMs: number;
  /** How long a body may take to end when it is asked to, in milliseconds. */
  readonly gracefulMs: number;
  /** And its process, when it is told to, before it is killed. */
  readonly forceKillMs: number;
  /** The whole environment of the children. */
  readonly childEnv: Readonly<Record<string, string>>;
  readonly log: ServerLog;
}
