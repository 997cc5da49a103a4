import type { EventTriggerType } from '../schema/trigger.js';
import { FILE_PATTERN_ACCEPTED, readFilePattern, type FilePattern } from './file-pattern.js';

const FILE_PREFIX = 'file:';
const STREAM_PREFIX = 'stream:';

/** Keys of Phi and of its queues: nobody's streams are among them. */
const OWN_KEY = /^(?:phi:|\{phi-queues:)/;
const CONTROL = /\p{Cc}/u;

/** What a trigger's source is: files, a Redis stream, or a name that those who send events write into them. */
export type TriggerSource =
  | { readonly kind: 'FILE'; readonly pattern: FilePattern }
  | { readonly kind: 'STREAM'; readonly key: string }
  | { readonly kind: 'NAME' };

/** Why a trigger cannot have its source (SCHED_004_INVALID_TRIGGER). */
export interface SourceFault {
  readonly reason: string;
  readonly accepted: string;
}

const ACCEPTED: Readonly<Record<EventTriggerType, string>> = {
  API_CALL: 'the source of the events that are sent',
  WEBHOOK: 'the source of the webhooks, as in /v1/webhooks/{source}',
  MESSAGE: 'stream: and the key of a Redis stream, or the source of the messages that are sent',
  DATA_ARRIVAL: `a dataset, file: and ${FILE_PATTERN_ACCEPTED}, or the source of the events that are sent`,
};

/** Which type of trigger takes what Phi itself watches. */
const TYPE_OF = { FILE: 'DATA_ARRIVAL', STREAM: 'MESSAGE' } as const;

/** Reads a trigger's source (specification: Trigger; design: Events). */
export function readTriggerSource(source: string): TriggerSource | SourceFault {
  if (source.startsWith(FILE_PREFIX)) return readFiles(source.slice(FILE_PREFIX.length));
  if (source.startsWith(STREAM_PREFIX)) return readStream(source.slice(STREAM_PREFIX.length));
  return { kind: 'NAME' };
}

function readFiles(text: string): TriggerSource | SourceFault {
  const read = readFilePattern(text);
  if (read.ok) return { kind: 'FILE', pattern: read.pattern };
  return { reason: read.reason, accepted: `file: and ${FILE_PATTERN_ACCEPTED}` };
}

function readStream(key: string): TriggerSource | SourceFault {
  if (key !== '' && !OWN_KEY.test(key) && !CONTROL.test(key)) return { kind: 'STREAM', key };
  const accepted = 'stream: and the key of a Redis stream that is not one of Phi';
  if (key === '') return { reason: 'names no stream', accepted };
  return { reason: OWN_KEY.test(key) ? "is a key of Phi's own" : 'has a control character', accepted };
}

/** What keeps a trigger of a type from having a source; nothing when they go together. */
export function sourceFault(type: EventTriggerType, source: string): SourceFault | undefined {
  const read = readTriggerSource(source);
  if (!('kind' in read)) return read;
  if (read.kind === 'NAME' || TYPE_OF[read.kind] === type) return undefined;
  const prefix = read.kind === 'FILE' ? FILE_PREFIX : STREAM_PREFIX;
  return {
    reason: `begins with ${prefix}, which a trigger of type ${TYPE_OF[read.kind]} has`,
    accepted: `${ACCEPTED[type]}; or trigger_type ${TYPE_OF[read.kind]}`,
  };
}
