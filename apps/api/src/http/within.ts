/**
 * Waits for an answer, but no longer than a limit.
 *
 * @param late - the answer once the limit has passed
 */
export async function within<Answer, Late>(
  limitMs: number,
  answer: Promise<Answer>,
  late: Late,
): Promise<Answer | Late> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Late>((resolve) => {
    timer = setTimeout(() => resolve(late), limitMs);
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(timer);
  }
}
