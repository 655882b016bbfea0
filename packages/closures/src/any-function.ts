/**
 * Any function or class, whatever its parameters: this package looks at functions and never calls them, except through
 * signatures it knows.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- no narrower type takes in classes and functions alike
export type AnyFunction = Function;
