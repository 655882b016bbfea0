/**
 * An ordinary program: a helper file, a package, a class, a table, TypeScript. Its functions run on a worker that has none of
 * them; there is no registration, no build step and no guard around the main script.
 *
 *   npm run example receipts
 *   HEDDLE_ADDRESS=ws://other-machine:8786 HEDDLE_TOKEN=... npm run example receipts
 */
import { Decimal } from "decimal.js";
import { Client, LocalCluster } from "heddle";
import { check } from "../terminal/verdict.js";
import { inColumns, money } from "./format.js";

interface Item {
  readonly name: string;
  readonly price: string;
  readonly count?: number;
}

const address = process.env["HEDDLE_ADDRESS"];
await using cluster = address === undefined ? new LocalCluster({ workers: 2 }) : undefined;
await using client = new Client(cluster ?? address, { shipPackages: ["decimal.js"] });

// Read here, at run time, and copied with the functions that use it.
const rates = new Map(Object.entries({ DE: "0.19", FR: "0.20", CH: "0.081" }));
const shop = process.argv[2] ?? "Loom & Sons";

class Receipt {
  readonly items: readonly Item[];
  constructor(
    readonly country: string,
    items: Iterable<Item>,
  ) {
    this.items = [...items];
  }
  get net(): Decimal {
    return this.items.reduce((sum, { price, count = 1 }) => sum.add(new Decimal(price).mul(count)), new Decimal(0));
  }
  get tax(): Decimal {
    return this.net.mul(rates.get(this.country) ?? "0").toDecimalPlaces(2);
  }
  print(): string {
    const rows = this.items.map(({ name, price, count = 1 }) => [`${String(count)} ${name}`, money(price)]);
    return inColumns([
      [shop, this.country],
      ...rows,
      ["tax", money(this.tax)],
      ["total", money(this.net.add(this.tax))],
    ]);
  }
}

const receipts = [
  new Receipt("DE", [
    { name: "shuttle", price: "0.10" },
    { name: "thread", price: "0.20", count: 3 },
  ]),
  new Receipt("CH", [{ name: "heddle", price: "12.95", count: 12 }]),
];
const printed = client.map((receipt) => receipt.print(), receipts);
const most = client.submit((...all: Receipt[]) => all.reduce((a, b) => (a.tax.gt(b.tax) ? a : b)), ...receipts);
console.log("submitted");

const texts = await client.gather(printed);
console.log(texts.join("\n\n"));
console.log(`\nmost tax: ${money((await most.result()).tax)}, to ${(await most.result()).country}`);
check(
  "what the worker printed is what is printed here",
  texts,
  receipts.map((receipt) => receipt.print()),
);
