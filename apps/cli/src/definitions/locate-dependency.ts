import type { Problem, Source } from '@phi/core';
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Scalar,
  type YAMLMap,
} from 'yaml';

/** Where in the sources a job says that it depends on another; undefined where they do not say it in so many words. */
export function locateDependency(
  sources: readonly Source[],
  jobId: string,
  upstreamJobId: string,
): Pick<Problem, 'file' | 'line' | 'column'> | undefined {
  for (const { file, text } of sources) {
    // Two cheap looks before the text is read once more.
    if (!text.includes(jobId) || !text.includes(upstreamJobId)) continue;
    const lines = new LineCounter();
    const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, logLevel: 'silent' });
    for (const document of Array.isArray(documents) ? documents : []) {
      const offset = offsetOf(document, jobId, upstreamJobId);
      if (offset === undefined) continue;
      const { line, col } = lines.linePos(offset);
      return { file, line, column: col };
    }
  }
  return undefined;
}

function offsetOf(
  document: Parameters<typeof visit>[0],
  jobId: string,
  upstreamJobId: string,
): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Map(_key, node) {
      if (node.get('job_id') !== jobId) return undefined;
      offset = upstreamScalar(node, upstreamJobId)?.range?.[0];
      return offset === undefined ? visit.SKIP : visit.BREAK;
    },
  });
  return offset;
}

function upstreamScalar(job: YAMLMap, upstreamJobId: string): Scalar | undefined {
  const dependencies = job.get('dependencies');
  const entries = isSeq(dependencies) ? dependencies.items : [];
  return entries
    .filter(isMap)
    .map((entry) => entry.get('upstream_job_id', true))
    .find((scalar): scalar is Scalar => isScalar(scalar) && scalar.value === upstreamJobId);
}
