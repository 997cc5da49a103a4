import type { Services } from './services.js';

/**
 * Does something that will be acknowledged, and answers once it is as safe as DURABILITY asks for.
 *
 * @throws PhiError STATE_050_NOT_DURABLE it is done, and may be lost: to be repeated
 */
export async function durably<Answer>(
  { durability }: Pick<Services, 'durability'>,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const begun = durability.begin();
  const answer = await work();
  await durability.confirm(begun);
  return answer;
}
