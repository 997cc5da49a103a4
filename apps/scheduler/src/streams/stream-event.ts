import { isEventAttribute, type StreamEntry } from '@phi/core';

const STREAM_EVENT_TYPE = 'phi.stream.entry';

/**
 * The event that an entry of a stream is: its fields as the data, and the field `type` as the type where it has one.
 *
 * @param source - of the triggers
 * @returns not checked yet
 */
export function streamEvent(source: string, { id, fields }: StreamEntry): Record<string, unknown> {
  const type = fields.findLast(([name]) => name === 'type')?.[1];
  return {
    specversion: '1.0',
    id,
    source,
    type: isEventAttribute(type) ? type : STREAM_EVENT_TYPE,
    data: Object.fromEntries(
      fields.map(([name, value]) => [name, name === 'data' ? readData(value) : value]),
    ),
  };
}

/** JSON where it is JSON. */
function readData(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
