import { isOutOfMemory, type ExhaustionCode } from '@phi/core';

/** How intake answers when Redis has no memory left for what it would write; nothing was done. */
export const OUT_OF_MEMORY = {
  ok: false,
  refusal: 'EXHAUSTED',
  reason: 'RES_001_MEMORY_EXHAUSTED',
} as const satisfies { ok: false; refusal: 'EXHAUSTED'; reason: ExhaustionCode };

/**
 * Answers for a call that Redis refuses at its memory limit. It refuses whole functions, before they begin.
 *
 * @throws what the call threw, if it was anything else
 */
export async function unlessOutOfMemory<Answer, Other>(
  call: () => Promise<Answer>,
  otherwise: () => Other,
): Promise<Answer | Other> {
  try {
    return await call();
  } catch (error) {
    if (isOutOfMemory(error)) return otherwise();
    throw error;
  }
}
