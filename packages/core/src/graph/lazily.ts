/** An object whose properties are each computed when first asked for, and then kept. */
export function lazily<Shape extends object>(compute: {
  readonly [Key in keyof Shape]: () => Shape[Key];
}): Shape {
  const shape = {} as Shape;
  for (const key of Object.keys(compute) as (keyof Shape)[]) {
    Object.defineProperty(shape, key, {
      enumerable: true,
      configurable: true,
      get() {
        const value = compute[key]();
        Object.defineProperty(shape, key, { enumerable: true, value });
        return value;
      },
    });
  }
  return shape;
}
