/** What the compiler infers. The assertions are checked by `npm run typecheck`. */
import { describe, expectTypeOf, it } from "vitest";
import type { Client } from "../src/client/client.js";
import type { Future } from "../src/client/future.js";
import { asCompleted } from "../src/client/as-completed.js";
import { wait } from "../src/client/wait.js";
import { compute } from "../src/delayed/compute.js";
import type { Delayed } from "../src/delayed/delayed.js";
import { delayed } from "../src/delayed/delayed-function.js";

const inc = (x: number): number => x + 1;
const join = (parts: string[], separator?: string): string => parts.join(separator);
declare const client: Client;
declare const number: Future<number>;
declare const text: Delayed<string>;

// Never called: there is no client.
export function inferred(): void {
  expectTypeOf(client.submit(inc, 1)).toEqualTypeOf<Future<number>>();
  expectTypeOf(client.submit(inc, number)).toEqualTypeOf<Future<number>>();
  expectTypeOf(client.submit(join, ["a", text], "-")).toEqualTypeOf<Future<string>>();
  expectTypeOf(client.submit(join, [text])).toEqualTypeOf<Future<string>>();
  expectTypeOf(client.submit(async (x: number) => [x], 1)).toEqualTypeOf<Future<number[]>>();
  expectTypeOf(client.submit((o: { a: { b: number } }) => o.a.b, { a: { b: number } })).toEqualTypeOf<Future<number>>();
  expectTypeOf(
    client.submit(function* () {
      yield "a";
    }),
  ).toEqualTypeOf<Future<string[]>>();
  expectTypeOf(client.with({ priority: 1 }).map(inc, [1, number])).toEqualTypeOf<Future<number>[]>();
  // @ts-expect-error -- not a number
  client.submit(inc, "1");
  // @ts-expect-error -- a future of something else
  client.submit(inc, client.submit(join, []));
  // @ts-expect-error -- one argument too few
  client.submit(inc);
  // @ts-expect-error -- there is no such option
  client.with({ retires: 1 });

  expectTypeOf(client.gather([number, number])).resolves.toEqualTypeOf<[number, number]>();
  expectTypeOf(client.gather([number, client.submit(join, [])])).resolves.toEqualTypeOf<[number, string]>();
  expectTypeOf(client.gather(client.map(inc, [1]))).resolves.toEqualTypeOf<number[]>();
  expectTypeOf(client.gather(new Set([number]), { errors: "skip" })).resolves.toEqualTypeOf<number[]>();
  expectTypeOf(client.scatter(new Float64Array(1))).resolves.toEqualTypeOf<Future<Float64Array<ArrayBuffer>>>();
  expectTypeOf(client.scatter([1, 2])).resolves.toEqualTypeOf<Future<number>[]>();
  expectTypeOf(client.run(() => 1)).resolves.toEqualTypeOf<Record<string, number>>();
  expectTypeOf(wait([number])).resolves.toEqualTypeOf<{
    readonly done: Future<number>[];
    readonly notDone: Future<number>[];
  }>();
  expectTypeOf(asCompleted([number]).next()).resolves.toEqualTypeOf<IteratorResult<Future<number>>>();

  const lazy = delayed(inc);
  expectTypeOf(lazy(1)).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(lazy(lazy(number))).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(delayed(async (x: number) => `${x}`)(1)).toEqualTypeOf<Delayed<string>>();
  expectTypeOf(lazy(1).compute()).resolves.toEqualTypeOf<number>();
  expectTypeOf(delayed({ a: [1] }).get("a")).toEqualTypeOf<Delayed<number[]>>();
  const [q, r] = delayed((a: number, b: string): [number, string] => [a, b], { nout: 2 })(1, "b");
  expectTypeOf(q).toEqualTypeOf<Delayed<number>>();
  expectTypeOf(r).toEqualTypeOf<Delayed<string>>();
  expectTypeOf(compute(lazy(1), text, [number, { a: text }], 5)).resolves.toEqualTypeOf<
    [number, string, (number | { a: string })[], number]
  >();
  expectTypeOf(client.persist(lazy(1), text)).toEqualTypeOf<[Delayed<number>, Delayed<string>]>();
  // @ts-expect-error -- not a number
  lazy("1");
}

describe("types", () => {
  it("are checked when tests are compiled", () => {
    expectTypeOf(inferred).toBeFunction();
  });
});
