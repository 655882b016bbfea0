/** An error of the library as plain data: in refusals and answers, where no value codec is at work. */
export interface PlainError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** JSON-like data that message headers carry. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain } | undefined;
