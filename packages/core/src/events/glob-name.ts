/** One character of a name, as a glob has it: any number of any, any one, one of a set, or itself. */
type Token =
  '*' | '?' | { readonly of: readonly Range[]; readonly negated: boolean } | { readonly is: string };
type Range = readonly [first: string, last: string];

/** A glob for one name, read: `*`, `?`, `[abc]`, `[a-z]` and `[!abc]`; every other character is itself. */
export type NameGlob = readonly Token[];

/** @returns nothing for a `[` that no `]` ends */
export function readNameGlob(text: string): NameGlob | undefined {
  const characters = Array.from(text);
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character !== '[') {
      tokens.push(character === '*' || character === '?' ? character : { is: character });
      continue;
    }
    const negated = characters[at + 1] === '!';
    const from = at + (negated ? 2 : 1);
    // Right after the bracket it is a member of the set.
    const end = characters.indexOf(']', from + 1);
    if (end === -1) return undefined;
    tokens.push({ of: rangesOf(characters.slice(from, end)), negated });
    at = end;
  }
  return tokens;
}

function rangesOf(members: readonly string[]): Range[] {
  const ranges: Range[] = [];
  for (let at = 0; at < members.length; at++) {
    const first = members[at] ?? '';
    const last = members[at + 1] === '-' ? members[at + 2] : undefined;
    ranges.push([first, last ?? first]);
    if (last !== undefined) at += 2;
  }
  return ranges;
}

/**
 * Whether a name matches, in a time that is at most its length times the glob's: names come from whoever delivers files,
 * and an expression with several stars could be kept busy by one for minutes.
 */
export function matchesName(glob: NameGlob, name: string): boolean {
  const characters = Array.from(name);
  let token = 0;
  let at = 0;
  /** Where to go on when the last star has to take one character more. */
  let afterStar = -1;
  let starTook = 0;
  while (at < characters.length) {
    if (glob[token] === '*') {
      afterStar = ++token;
      starTook = at;
    } else if (token < glob.length && matchesOne(glob[token], characters[at] ?? '')) {
      token++;
      at++;
    } else if (afterStar !== -1) {
      token = afterStar;
      at = ++starTook;
    } else return false;
  }
  return glob.slice(token).every((rest) => rest === '*');
}

function matchesOne(token: Token | undefined, character: string): boolean {
  if (token === undefined || token === '*') return false;
  if (token === '?') return true;
  if ('is' in token) return token.is === character;
  return token.of.some(([first, last]) => first <= character && character <= last) !== token.negated;
}
