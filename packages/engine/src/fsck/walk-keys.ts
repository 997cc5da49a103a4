import { INVARIANT_NUMBERS } from '@phi/core';

import { checkCheckpoints } from './check-checkpoints.js';
import { checkExecutions } from './check-executions.js';
import { checkPart } from './check-part.js';
import type { Walk, WalkContext } from './walk.js';

/** Where a walk has come to: between pages of keys, or within one of them. */
interface KeysPosition {
  /** Of the page of keys after this one; absent on the last. */
  readonly after?: string;
  /** Keys of this page that are left to look at, large ones each by itself. */
  readonly keys: readonly string[];
  /** Where the first of them was left. */
  readonly members?: string;
}

/** Whose members are lanes. */
const LISTS_OF_LANES: ReadonlySet<string> = new Set([
  'ready',
  'ready_static',
  'ready_dedicated',
  'ready_dedicated_static',
  'parked_on',
]);

const CHECKPOINTS = 'checkpoints:';
/** Chains whose checkpoints are looked at in one step: each has two states of up to some mebibytes. */
const CHECKPOINTS_AT_ONCE = 5;
/** Batches looked at in one call: each may have many events. */
const BATCHES_AT_ONCE = 5;

/** The trigger that a member of a key is about, <job_id>|<trigger_id>; undefined for keys of something else. */
function triggerOf(key: string, member: string): string | undefined {
  if (key.startsWith('holding:')) return `${key.slice('holding:'.length)}|${member}`;
  return key === 'triggers_due' || key.startsWith('busy_triggers:') ? member : undefined;
}

/** Everything that is stored under keys of its own: executions, indexes, lanes, lines, runs, batches, checkpoints. */
export const walkKeys: Walk = {
  name: 'keys',
  invariants: INVARIANT_NUMBERS.filter((invariant) => invariant !== 6 && invariant !== 7),

  async step(context, from) {
    const { services } = context;
    const position: KeysPosition | undefined =
      from === undefined ? undefined : (JSON.parse(from) as KeysPosition);
    if (position === undefined || position.keys.length === 0) {
      const page = await services.integrity.keys('*', position?.after);
      const large = await lookAtSmall(context, page.found);
      return next({ keys: large, ...(page.next_cursor === undefined ? {} : { after: page.next_cursor }) });
    }
    const [key = '', ...others] = position.keys;
    if (key.startsWith(CHECKPOINTS)) return checkSome(context, position);
    const { found, next_cursor } = await services.integrity.members(key, position.members);
    await lookAtMembers(context, key, found);
    const rest = position.after === undefined ? {} : { after: position.after };
    return next_cursor === undefined
      ? next({ keys: others, ...rest })
      : next({ keys: position.keys, members: next_cursor, ...rest });
  },
};

/** The next few checkpoints of the page, and whatever else is left of it afterwards. */
async function checkSome(context: WalkContext, position: KeysPosition): Promise<string | undefined> {
  const saved = position.keys.filter((key) => key.startsWith(CHECKPOINTS)).slice(0, CHECKPOINTS_AT_ONCE);
  await checkCheckpoints(
    context,
    saved.map((key) => key.slice(CHECKPOINTS.length)),
  );
  return next({ ...position, keys: position.keys.filter((key) => !saved.includes(key)) });
}

function next(position: KeysPosition): string | undefined {
  const isDone = position.keys.length === 0 && position.after === undefined;
  return isDone ? undefined : JSON.stringify(position);
}

/** Looks at what stands under a page of keys. @returns keys whose members are to be looked at page by page */
async function lookAtSmall(context: WalkContext, keys: readonly string[]): Promise<readonly string[]> {
  const named = (prefix: string): string[] =>
    keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  await checkExecutions(context, named('x:'));
  await checkPart(context, 'lanes', named('lane:'), { invariants: [1] });
  await checkPart(context, 'lines', named('line:'), { invariants: [1] });
  await checkPart(context, 'runs', named('run:'), { invariants: [1] });
  await checkBatches(context, named('batch:'));
  await checkPart(context, 'dead_letters', named('dead_letters_of:'), { invariants: [1] });
  const prefixes = await context.services.integrity.indexes();
  const large = context.tally.wants(8) ? keys.filter((key) => key.startsWith(CHECKPOINTS)) : [];
  for (const key of keys.filter((candidate) => hasMembers(candidate, prefixes))) {
    const { found, next_cursor } = await context.services.integrity.members(key);
    if (next_cursor === undefined) await lookAtMembers(context, key, found);
    else large.push(key);
  }
  return large;
}

function hasMembers(key: string, indexes: readonly string[]): boolean {
  const isIndex = indexes.some((prefix) => (prefix.endsWith(':') ? key.startsWith(prefix) : key === prefix));
  return (
    isIndex || LISTS_OF_LANES.has(key) || key === 'dead_letter_groups' || triggerOf(key, '') !== undefined
  );
}

async function checkBatches(context: WalkContext, triggers: readonly string[]): Promise<void> {
  await checkPart(context, 'batches', triggers, { invariants: [1], atOnce: BATCHES_AT_ONCE });
}

async function lookAtMembers(context: WalkContext, key: string, members: readonly string[]): Promise<void> {
  const triggers = members.flatMap((member) => triggerOf(key, member) ?? []);
  if (triggers.length > 0) await checkBatches(context, triggers);
  else if (LISTS_OF_LANES.has(key)) await checkPart(context, 'lanes', members, { invariants: [1] });
  else if (key === 'dead_letter_groups')
    await checkPart(context, 'dead_letters', members, { invariants: [1] });
  else {
    const isAboutSlots = /^(?:slots|placed_on):|^placements$/.test(key);
    await checkPart(context, 'entries', members, { invariants: [isAboutSlots ? 3 : 1], before: key });
  }
}
