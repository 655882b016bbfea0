/** What the text of a function needs around it to be an expression: see {@link SURROUNDINGS}. */
export type FunctionForm = "expression" | "object-method" | "class-member";

/** What makes the text an expression that evaluates to the function, or to an object or class that holds it. */
export const SURROUNDINGS: Readonly<Record<FunctionForm, { readonly prefix: string; readonly suffix: string }>> = {
  expression: { prefix: "(", suffix: "\n)" },
  "object-method": { prefix: "({", suffix: "\n})" },
  "class-member": { prefix: "(class{", suffix: "\n})" },
};
