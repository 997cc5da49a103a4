import * as z from 'zod';
import { acceptedTexts, dateTime } from './field-types.js';
import { jsonValue, type JsonValue } from './json.js';

/** The most bytes of an event, written as JSON (design: Limits). */
export const EVENT_BYTES = 64 * 1024;

/** CloudEvents allow no others; and a NUL would make two pairs of source and id look the same. */
const PRINTABLE = /^[^\p{Cc}\p{Cs}]*$/u;

const attribute = z
  .string()
  .min(1)
  .max(1024)
  .regex(PRINTABLE, { error: 'has control characters' })
  .register(acceptedTexts, { accepted: '1 to 1024 characters, none of them a control character' });

/** Whether something can be an event's type, its subject, or another of its attributes that is a text. */
export function isEventAttribute(value: unknown): value is string {
  return attribute.safeParse(value).success;
}

/** Names of extension attributes, as CloudEvents 1.0 has them. */
const EXTENSION_NAME = /^[a-z0-9]{1,20}$/;

const cloudEventFields = {
  specversion: z
    .literal('1.0', { error: 'is not a version of CloudEvents that is known' })
    .register(acceptedTexts, { accepted: '"1.0"' })
    .describe('Version of the CloudEvents specification: "1.0".'),
  id: attribute.describe('Identifies the event within its source: the same two are the same event.'),
  source: attribute.describe('Where it comes from; triggers name it.'),
  type: attribute.describe('What happened.'),
  subject: attribute.optional().describe('To what it happened.'),
  time: dateTime.optional().describe('When it happened.'),
  datacontenttype: attribute.optional().describe('Media type of data.'),
  dataschema: attribute.optional().describe('Schema of data.'),
  data: jsonValue().optional().describe('What there is to say about it.'),
  data_base64: z.base64().optional().describe('The same, where it is not JSON.'),
};

/**
 * An event: the JSON form of CloudEvents 1.0, at most {@link EVENT_BYTES}, with extension attributes beside the known ones
 * (design: Events).
 */
export const cloudEventSchema = z
  .object(cloudEventFields)
  .catchall(z.union([z.string().max(4096), z.number(), z.boolean()]))
  .superRefine((event, context) => {
    for (const name of Object.keys(event)) {
      if (Object.hasOwn(cloudEventFields, name) || EXTENSION_NAME.test(name)) continue;
      const accepted = 'names of 1 to 20 lower-case letters and digits';
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'is no attribute of an event',
        params: { accepted },
      });
    }
    if (event.data !== undefined && event.data_base64 !== undefined) {
      const params = { accepted: 'one of data and data_base64' };
      context.addIssue({ code: 'custom', path: ['data_base64'], message: 'comes beside data', params });
    }
  });
/** The index signature that TypeScript infers from the extensions would forbid `data` that is an object. */
export type CloudEvent = z.infer<z.ZodObject<typeof cloudEventFields>> & {
  [extension: string]: JsonValue | undefined;
};
