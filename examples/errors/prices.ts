/** A function with a mistake in it. */

export interface Item {
  readonly name: string;
  readonly price?: { readonly cents: number };
}

export function priceOf(item: Item): number {
  return item.price!.cents / 100;
}
