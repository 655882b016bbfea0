const collator = new Intl.Collator(undefined, { numeric: true });

/** worker-2 before worker-10. */
export const compareNames = (a: string, b: string): number => collator.compare(a, b);
