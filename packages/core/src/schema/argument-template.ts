/** A part of an argument: text as it stands, or what to look up in the stage's call. */
export type ArgumentPart = { readonly text: string } | { readonly path: readonly string[] };

export type ArgumentTemplate =
  | { readonly ok: true; readonly parts: readonly ArgumentPart[] }
  | { readonly ok: false; readonly reason: string };

/** Of the call itself; `parameters` and `stages` have names below them. */
const FACTS = [
  'execution_id',
  'job_id',
  'run_id',
  'chain_id',
  'attempt_number',
  'fence',
  'stage',
  'job_type',
  'source_dir',
  'data_dir',
  'output_dir',
  'workdir',
] as const;

export const ACCEPTED_PLACEHOLDERS = `\${{ parameters.<name> }}, \${{ stages.<module>.outputs.<name> }} or \${{ <fact> }}, a fact being one of ${FACTS.join(', ')}`;

const PLACEHOLDER = /\$\{\{(?<inner>.*?)\}\}/gs;
const PARAMETER = /^parameters(?:\.[A-Za-z0-9_-]+)+$/;
const OUTPUT = /^stages\.(?<stage>[A-Za-z0-9][A-Za-z0-9._-]*?)\.outputs\.(?<output>[^\s{}]+)$/;

const pathOf = (name: string): readonly string[] | undefined => {
  const { stage, output } = OUTPUT.exec(name)?.groups ?? {};
  if (stage !== undefined && output !== undefined) return ['stages', stage, output];
  if (PARAMETER.test(name)) return name.split('.');
  return FACTS.some((fact) => fact === name) ? [name] : undefined;
};

/** Reads an argument of a command: `--region=${{ parameters.region }}`. */
export const parseArgument = (argument: string): ArgumentTemplate => {
  const parts: ArgumentPart[] = [];
  let end = 0;
  for (const match of argument.matchAll(PLACEHOLDER)) {
    const name = (match.groups?.['inner'] ?? '').trim();
    const path = pathOf(name);
    if (path === undefined) return { ok: false, reason: `"${name}" is not a placeholder` };
    if (match.index > end) parts.push({ text: argument.slice(end, match.index) });
    parts.push({ path });
    end = match.index + match[0].length;
  }
  if (end < argument.length || parts.length === 0) parts.push({ text: argument.slice(end) });
  const isOpen = parts.some((part) => 'text' in part && part.text.includes('${{'));
  return isOpen ? { ok: false, reason: 'has ${{ without }}' } : { ok: true, parts };
};
