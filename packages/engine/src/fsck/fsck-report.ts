import { INVARIANT_NUMBERS, type Alerts, type Finding, type Invariant } from '@phi/core';

export interface InvariantTally {
  /** How many executions, entries of indexes, runs, schedules ... were looked at. */
  readonly checked: number;
  readonly findings: number;
  readonly repaired: number;
}

export interface FsckReport {
  readonly invariants: Readonly<Record<Invariant, InvariantTally>>;
  readonly findings: readonly Finding[];
  /** Bodies that ran more than once (Invariant 10): information, no finding. */
  readonly repeated: {
    /** Attempts that were lost with their executor, and followed by another. */
    readonly lost: number;
    /** Attempts that were handed over while they waited for a remote module. */
    readonly handed_over: number;
  };
  /** Sums that were not checked, because too many executions are counted in them. */
  readonly unchecked: number;
  /** Asks for what follows; absent where all was looked at. */
  readonly next_cursor?: string;
}

/** Gathers what a check sees. */
export class FsckTally {
  private readonly checked = new Map<Invariant, number>();
  private readonly found = new Map<string, Finding>();
  lost = 0;
  handedOver = 0;
  unchecked = 0;

  /** @param wanted - what is asked about; the rest is not told */
  constructor(private readonly wanted: ReadonlySet<Invariant>) {}

  wants(invariant: Invariant): boolean {
    return this.wanted.has(invariant);
  }

  count(invariants: readonly Invariant[], number: number): void {
    for (const invariant of invariants)
      this.checked.set(invariant, (this.checked.get(invariant) ?? 0) + number);
  }

  /** What is seen again is one finding. */
  add(findings: readonly Finding[]): void {
    const told = findings.filter(({ invariant }) => this.wanted.has(invariant));
    for (const finding of told) {
      const { code, subject, detail } = finding;
      const key = [code, subject.kind, subject.id, detail].join('\0');
      if (this.found.get(key)?.repaired !== true) this.found.set(key, finding);
    }
  }

  get findings(): readonly Finding[] {
    return [...this.found.values()];
  }

  report(next: string | undefined): FsckReport {
    return {
      invariants: Object.fromEntries(
        INVARIANT_NUMBERS.map((invariant) => [invariant, this.tallyOf(invariant)]),
      ) as Record<Invariant, InvariantTally>,
      findings: this.findings,
      repeated: { lost: this.lost, handed_over: this.handedOver },
      unchecked: this.unchecked,
      ...(next === undefined ? {} : { next_cursor: next }),
    };
  }

  private tallyOf(invariant: Invariant): InvariantTally {
    const findings = this.findings.filter((finding) => finding.invariant === invariant);
    return {
      checked: this.wanted.has(invariant) ? (this.checked.get(invariant) ?? 0) : 0,
      findings: findings.length,
      repaired: findings.filter(({ repaired }) => repaired).length,
    };
  }
}

/** Somebody should look at what had to be mended, and at what could not be. */
export function tellFindings(alerts: Alerts, findings: readonly Finding[]): void {
  for (const { code, subject, detail, invariant, repaired } of findings)
    alerts.raise({
      kind: 'INCONSISTENCY',
      severity: repaired ? 'warning' : 'critical',
      subject: subject.id,
      message: `${code}: ${detail}${repaired ? '; repaired' : ''}`,
      context: { invariant, kind: subject.kind },
    });
}
