import { open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { journalEntrySchema, type JournalEntry } from './journal-entry.js';

/** Bytes written since the last rewriting after which the journal is rewritten, if it has doubled as well. */
const REWRITE_AFTER_BYTES = 16 * 1024 * 1024;

interface Write {
  readonly text: string;
  readonly done: () => void;
}

/**
 * A file of entries that are on the disk before anybody is told. Once it cannot be written, nothing is any more: what it would say next
 * could not be believed.
 */
export class Journal {
  #waiting: Write[] = [];
  #isWriting = false;
  #file: FileHandle | undefined;
  #bytes = 0;
  #bytesRewritten = 0;
  #flushed: Promise<void> = Promise.resolve();
  #fail: (error: unknown) => void = () => undefined;
  /** Resolves with the reason when the journal cannot be written any more. */
  readonly failed = new Promise<unknown>((resolve) => (this.#fail = resolve));

  /** @param snapshot all that the journal has to tell, as short as can be */
  constructor(
    private readonly path: string,
    private readonly snapshot: () => readonly JournalEntry[],
  ) {}

  /** Writes the snapshot as the whole journal. To be called before the first `append`. */
  async start(): Promise<void> {
    await this.#rewrite();
  }

  /** Resolves when the entries are on the disk; never, where they cannot be written. */
  append(...entries: readonly JournalEntry[]): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ text: textOf(entries), done: resolve });
      if (!this.#isWriting) this.#flushed = this.#flush();
    });
  }

  async close(): Promise<void> {
    await this.#flushed;
    await this.#file?.close();
    this.#file = undefined;
  }

  /** One write for all that wait: a disk syncs a hundred entries as fast as one. */
  async #flush(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#waiting.length > 0) {
        const writes = this.#waiting;
        this.#waiting = [];
        await this.#write(writes.map(({ text }) => text).join(''));
        for (const { done } of writes) done();
        if (this.#isLarge) await this.#rewrite();
      }
      this.#isWriting = false;
    } catch (error) {
      // Still "writing": nothing is written after it.
      this.#fail(error);
    }
  }

  get #isLarge(): boolean {
    return this.#bytes - this.#bytesRewritten > Math.max(REWRITE_AFTER_BYTES, this.#bytesRewritten);
  }

  async #write(text: string): Promise<void> {
    if (this.#file === undefined) throw new Error(`the journal ${this.path} is not open`);
    await this.#file.appendFile(text);
    await this.#file.datasync();
    this.#bytes += Buffer.byteLength(text);
  }

  async #rewrite(): Promise<void> {
    const text = textOf(this.snapshot());
    const next = `${this.path}.next`;
    const file = await open(next, 'w', 0o600);
    await file.writeFile(text);
    await file.sync();
    await rename(next, this.path);
    await syncDirectory(dirname(this.path));
    await this.#file?.close();
    this.#file = file;
    this.#bytes = this.#bytesRewritten = Buffer.byteLength(text);
  }
}

/** A journal that cannot be believed. */
export class JournalDamaged extends Error {
  override readonly name = 'JournalDamaged';
}

/**
 * What a journal tells; nothing where there is none. Its last line may have been cut off in the middle: nobody was told of it.
 *
 * @throws JournalDamaged for any other line that cannot be read
 */
export async function readJournal(path: string): Promise<JournalEntry[]> {
  const lines = (await textAt(path)).split('\n');
  // After the last line feed: empty, or cut off.
  lines.pop();
  return lines.map((line, index) => parseLine(line, path, index + 1));
}

async function textAt(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function parseLine(line: string, path: string, number: number): JournalEntry {
  try {
    return journalEntrySchema.parse(JSON.parse(line));
  } catch (error) {
    throw new JournalDamaged(
      `${path}:${String(number)} cannot be read; move the file away to start without the jobs it tells of`,
      { cause: error },
    );
  }
}

function textOf(entries: readonly JournalEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

/** A renamed file is there after a power failure only once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
