import * as z from 'zod';
import { isValidTimezone } from '../cron/index.js';

/** What a value may be, in words, for fields whose type alone does not say it. */
export const acceptedTexts = z.registry<{ accepted: string }>();

/** Job, schedule, trigger, dependency, pool and module names; no ':', which separates parts of a Redis key. */
export const IDENTIFIER_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const IDENTIFIER_TEXT = '1 to 128 letters, digits, ".", "_" or "-", starting with a letter or a digit';

export const identifier = z
  .string()
  .regex(IDENTIFIER_PATTERN, { error: 'is not a valid identifier' })
  .register(acceptedTexts, { accepted: IDENTIFIER_TEXT });

/** An id that may have been derived from two others: `<job_id>.<upstream_job_id>`. */
export const derivedIdentifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,259}$/, { error: 'is not a valid identifier' })
  .register(acceptedTexts, { accepted: IDENTIFIER_TEXT });

/** A dependency as the compiled graph has it: declared, or derived from a job and a dataset or upstream of it. */
export const edgeIdentifier = z
  .string()
  .regex(/^[A-Za-z0-9][\w./:-]{0,399}$/, { error: 'is not a valid identifier' })
  .register(acceptedTexts, {
    accepted: '1 to 400 letters, digits or ". _ / : -", starting with a letter or a digit',
  });

/** An execution's, run's or graph's id: given out by Phi. */
export const generatedId = z.string().min(1).max(256);

export const text = (maxLength: number): z.ZodString => z.string().max(maxLength);

/** Whole seconds within a range. */
export const seconds = (min: number, max: number): z.ZodInt => z.int().min(min).max(max);

export const DAY_SECONDS = 86_400;

export const count = z.int().min(0);

export const dateTime = z.iso
  .datetime({ offset: true, error: 'is not a date and time with an offset' })
  .register(acceptedTexts, {
    accepted: 'an ISO 8601 date and time with an offset, such as 2026-03-08T07:00:00Z',
  });

export const calendarDate = z.iso
  .date({ error: 'is not a calendar date' })
  .register(acceptedTexts, { accepted: 'a date as YYYY-MM-DD' });

export const timezone = z
  .string()
  .refine(isValidTimezone, { error: 'is not a time zone that this system knows' })
  .register(acceptedTexts, { accepted: 'an IANA time zone such as UTC or Europe/Berlin' });

export const errorCodePattern = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,127}$/, { error: 'is not an error code' })
  .register(acceptedTexts, {
    accepted: 'an error code such as EXEC_003_TRANSFORM_FAILED, or its name alone: TRANSFORM_FAILED',
  });

export const clockTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, { error: 'is not a time of day' })
  .register(acceptedTexts, { accepted: 'a time of day from "00:00" to "24:00", in quotes' });
