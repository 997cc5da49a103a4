import { HttpProblem } from './http-problem.js';

/** How many names that are like the one asked for are told. */
const NEAR_NAMES_AT_MOST = 3;
/** Among more names than this nothing like is looked for: comparing them all would hold up every other request. */
const COMPARED_AT_MOST = 10_000;

/** @param kind - what was looked for, e.g. `job` */
export function notFound(kind: string, name: string): HttpProblem {
  return new HttpProblem(404, 'API_002_NOT_FOUND', { detail: `There is no ${kind} ${name}.` });
}

/** @param known - every name there is */
export function notFoundAmong(
  kind: string,
  field: string,
  name: string,
  known: Iterable<string>,
): HttpProblem {
  return notFoundNear(kind, field, name, nearNames(name, known));
}

/** @param near - names that may have been meant */
export function notFoundNear(
  kind: string,
  field: string,
  name: string,
  near: readonly string[],
): HttpProblem {
  const accepted = near.length === 0 ? `the name of a registered ${kind}` : near.join(', ');
  const hint = near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
  return new HttpProblem(404, 'API_002_NOT_FOUND', {
    detail: `There is no ${kind} ${name}.${hint}`,
    problems: [{ field, reason: `no ${kind} has this name`, accepted, value: name }],
  });
}

/** Names that somebody may have meant: those with few letters different, or that hold or begin the name. */
export function nearNames(name: string, known: Iterable<string>): string[] {
  const names = [...known];
  if (names.length > COMPARED_AT_MOST) return [];
  const wanted = name.toLowerCase();
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  return names
    .map((candidate) => ({ candidate, distance: distanceOf(wanted, candidate.toLowerCase(), limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, NEAR_NAMES_AT_MOST)
    .map(({ candidate }) => candidate);
}

function distanceOf(wanted: string, candidate: string, limit: number): number {
  if (wanted.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate))) return limit;
  return Math.abs(wanted.length - candidate.length) > limit ? limit + 1 : editDistance(wanted, candidate);
}

/** Insertions, deletions and substitutions that turn one word into the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const substituted = (previous[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}
