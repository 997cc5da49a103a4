/** Fields of which any may be left out. */
export type Given<Structure> = { readonly [Field in keyof Structure]?: Structure[Field] | undefined };

/** The later values over the earlier ones; a field left out or undefined says nothing. */
export function over<Structure extends object>(
  base: Structure,
  ...layers: readonly (Given<Structure> | undefined)[]
): Structure {
  const result: Structure = { ...base };
  for (const layer of layers) {
    for (const [field, value] of Object.entries(layer ?? {})) {
      if (value !== undefined) Object.assign(result, { [field]: value });
    }
  }
  return result;
}
