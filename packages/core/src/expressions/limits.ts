/** Characters of an expression. */
export const MAX_EXPRESSION_LENGTH = 4096;

/** Parentheses, calls, fields and operators within one another; `&&` and `||` in a row count as one. */
export const MAX_EXPRESSION_DEPTH = 64;

/** Literals, names, operators and calls together. */
export const MAX_EXPRESSION_NODES = 1000;

/** Entries of a list or a map that is written out, and of a call's arguments. */
export const MAX_LITERAL_ENTRIES = 256;

/** Macros (all, exists, exists_one, filter, map) within the body of one another. */
export const MAX_NESTED_MACROS = 3;

/** Work of one evaluation, whatever the expression and its data; see WorkBudget. */
export const MAX_EVALUATION_STEPS = 250_000;

/** Levels of lists and maps that a comparison of two values looks into. */
export const MAX_COMPARED_DEPTH = 64;

/** Characters that are compared in a step. */
export const COMPARED_PER_STEP = 64;

/** Characters or entries that are read one by one, or copied, in a step. */
export const COPIED_PER_STEP = 8;
