import { z } from 'zod';

const parseJson = (text: string, context: z.RefinementCtx): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: String(error) });
    return z.NEVER;
  }
};

/** Text that holds a value of a schema as JSON, such as a checkpoint. */
export const jsonText = <S extends z.ZodType>(schema: S) => z.string().transform(parseJson).pipe(schema);
