import * as z from 'zod';

type Authored<Shape extends z.ZodRawShape, Required extends keyof Shape> = {
  [Key in keyof Shape]: Key extends Required ? Shape[Key] : z.ZodOptional<Shape[Key]>;
};

/**
 * The author's side of a structure: the same fields, of which only the named ones must be written.
 * What is left out is filled in by `resolveJobDefinition`.
 */
export function authored<Shape extends z.ZodRawShape, Required extends keyof Shape & string>(
  shape: Shape,
  required: readonly Required[],
): z.ZodObject<Authored<Shape, Required>, z.core.$strict> {
  const fields = Object.entries(shape).map(([name, field]) => [
    name,
    (required as readonly string[]).includes(name) ? field : z.optional(field),
  ]);
  return z.strictObject(Object.fromEntries(fields) as Authored<Shape, Required>);
}
