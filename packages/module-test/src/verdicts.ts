/** The module does not do what the check is for. */
export class CheckFailed extends Error {
  override readonly name = 'CheckFailed';
}

/** The check could not be made; why, and what would make it. */
export class CheckSkipped extends Error {
  override readonly name = 'CheckSkipped';
}

/** @throws CheckFailed unless it holds */
export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new CheckFailed(otherwise);
}
