import { stringify } from 'yaml';

export const FORMATS = ['table', 'json', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

export interface OutputStreams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** Where a command's answer goes: results to standard output, everything about them to standard error. */
export class Output {
  /** @param colours - whether the answer may be coloured: only ever true on a terminal */
  constructor(
    private readonly streams: OutputStreams,
    readonly format: Format,
    readonly colours: boolean,
  ) {}

  /** Whether a person reads the answer. */
  get isHuman(): boolean {
    return this.format === 'table';
  }

  /** The answer: as data for a program, or as `human` writes it. */
  emit(value: unknown, human: () => string): void {
    if (this.format === 'json') this.line(JSON.stringify(value, null, 2));
    else if (this.format === 'yaml') this.line(stringify(value, { lineWidth: 0 }).trimEnd());
    else this.line(human());
  }

  /** One record of an answer that has no end: JSON on one line, a YAML document, or as `human` writes it. */
  emitRecord(value: unknown, human: () => string): void {
    if (this.format === 'json') this.line(JSON.stringify(value));
    else if (this.format === 'yaml') this.line(`---\n${stringify(value, { lineWidth: 0 }).trimEnd()}`);
    else this.line(human());
  }

  line(text: string): void {
    this.streams.stdout.write(`${text}\n`);
  }

  /** Something to know about the answer that is no part of it. */
  note(text: string): void {
    this.streams.stderr.write(`${text}\n`);
  }
}
