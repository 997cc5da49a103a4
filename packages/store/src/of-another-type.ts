/** What is read of a key; undefined where that is of another type than it has to be, as a key that is damaged may be. */
export async function unlessOfAnotherType<Answer>(reading: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('WRONGTYPE ')) return undefined;
    throw error;
  }
}
