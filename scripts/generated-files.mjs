/**
 * The files that are generated from code, each with the function that makes its whole text. The functions
 * import what was built, so that a generator is ordinary, tested code of a package.
 *
 * @type {{output: string, produce: () => Promise<string>}[]}
 */
export const generatedFiles = [];
