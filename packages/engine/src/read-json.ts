/** A JSON object as it was written; what of it cannot be read is as good as absent: a list must not fail for one of its entries. */
export function readJson<Written extends object>(text: string | undefined): Partial<Written> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
