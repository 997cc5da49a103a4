import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';

import type { CloudEvent, Problem } from '@phi/core';

import { HttpProblem, invalid } from '../http/http-problem.js';
import { parseJson } from '../http/raw-body.js';
import { checkEvent } from './check-event.js';

const BATCH = 'application/cloudevents-batch+json';
const STRUCTURED: ReadonlySet<string> = new Set(['application/json', 'application/cloudevents+json']);
const PREFIX = 'ce-';
const JSON_TYPE = /^[\w.-]+\/(?:[\w.-]+\+)?json$/;
/** What in binary mode is the body and its Content-Type. */
const NOT_A_HEADER: ReadonlySet<string> = new Set(['data', 'data_base64', 'datacontenttype']);

/** How a request brings events (CloudEvents 1.0, HTTP protocol binding). */
export type ContentMode = 'STRUCTURED' | 'BATCH' | 'BINARY';

/** @throws HttpProblem 415 */
export function contentModeOf(headers: IncomingHttpHeaders): ContentMode {
  const type = mediaType(headers);
  if (type === BATCH) return 'BATCH';
  if (type === 'application/cloudevents+json') return 'STRUCTURED';
  if (Object.keys(headers).some((name) => name.startsWith(PREFIX))) return 'BINARY';
  if (STRUCTURED.has(type)) return 'STRUCTURED';
  throw new HttpProblem(415, 'API_001_VALIDATION_FAILED', {
    detail: `An event comes as ${[...STRUCTURED, BATCH].join(', ')}, or as any other type with ce-… headers.`,
  });
}

/**
 * The event of a request in structured or binary mode.
 *
 * @throws HttpProblem 400 for a body that is not JSON, 422 with every attribute that is wrong
 */
export function readEvent(
  mode: 'STRUCTURED' | 'BINARY',
  headers: IncomingHttpHeaders,
  body: Buffer,
): CloudEvent {
  return mode === 'STRUCTURED' ? checkEvent(parseJson(body)) : readBinary(headers, body);
}

function readBinary(headers: IncomingHttpHeaders, body: Buffer): CloudEvent {
  const problems: Problem[] = [];
  const attributes = Object.entries(headers).flatMap(([header, value]) => {
    if (!header.startsWith(PREFIX)) return [];
    const name = header.slice(PREFIX.length);
    const decoded = NOT_A_HEADER.has(name) ? undefined : decode(String(value));
    if (decoded !== undefined) return [[name, decoded] as const];
    problems.push(wrongHeader(header, NOT_A_HEADER.has(name)));
    return [];
  });
  if (problems.length > 0) throw invalid(422, problems);
  const type = headers['content-type'];
  const event = {
    ...Object.fromEntries(attributes),
    ...(type === undefined ? {} : { datacontenttype: type }),
    ...(body.length === 0 ? {} : dataOf(mediaType(headers), body)),
  };
  return checkEvent(event, (field) => (/^data(?:contenttype)?\b/.test(field) ? field : `${PREFIX}${field}`));
}

function wrongHeader(field: string, isBody: boolean): Problem {
  return isBody
    ? { field, reason: 'is no header of an event', accepted: 'the body, with its Content-Type' }
    : {
        field,
        reason: 'is not percent-encoded',
        accepted: 'visible ASCII, everything else as %XX of its UTF-8',
      };
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function dataOf(type: string, body: Buffer): { readonly data: unknown } | { readonly data_base64: string } {
  if (JSON_TYPE.test(type)) return { data: parseJson(body) };
  if (type.startsWith('text/') && isUtf8(body)) return { data: body.toString('utf8') };
  return { data_base64: body.toString('base64') };
}

function mediaType(headers: IncomingHttpHeaders): string {
  return (headers['content-type']?.split(';')[0] ?? '').trim().toLowerCase();
}
