/** How `phi` ends (design: Control plane). */
export const EXIT = {
  ok: 0,
  /** It was tried, and it failed. */
  failed: 1,
  /** It was not tried: wrong usage, or input that is not valid. */
  invalid: 2,
  /** Ctrl-C, as shells have it: 128 and the number of the signal. */
  interrupted: 130,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
