import type { FsckSlice } from '../api/fsck.js';
import { table } from '../output/table.js';

export function describeFsck({ invariants, findings, repeated, unchecked }: FsckSlice): string {
  const parts = [
    table(
      ['', 'INVARIANT', 'CHECKED', 'FINDINGS', 'REPAIRED'],
      invariants.map(({ invariant, title, checked, findings: found, repaired }) => [
        invariant,
        title,
        checked,
        found,
        repaired,
      ]),
    ),
  ];
  if (findings.length > 0)
    parts.push(
      table(
        ['FINDING', 'OF', '', 'WHAT TO DO'],
        findings.map(({ code, subject, detail, repaired, advice }) => [
          code,
          `${subject.kind} ${subject.id}`,
          detail,
          repaired ? 'repaired' : advice,
        ]),
      ),
    );
  const { lost, handed_over } = repeated;
  parts.push(
    `bodies that ran again: ${String(lost)} lost with their executor, ${String(handed_over)} handed over`,
  );
  if (unchecked > 0)
    parts.push(`${String(unchecked)} sums have too many holders to be checked beside running work`);
  parts.push(findings.length === 0 ? 'nothing was found' : verdict(findings));
  return parts.join('\n\n');
}

function verdict(findings: FsckSlice['findings']): string {
  const left = findings.filter(({ repaired }) => !repaired).length;
  return left === 0
    ? 'all that was found is repaired'
    : `${String(left)} of ${String(findings.length)} findings are not repaired`;
}
