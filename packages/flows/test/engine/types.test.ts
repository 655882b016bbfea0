/** What the types of functions make of tasks, flows and futures. Checked by the compiler; nothing here runs long. */
import { expect, expectTypeOf, it } from "vitest";
import "../support/own-home.js";
import { allowFailure, flow, quote, task, unmapped, type State, type TaskFuture } from "../../src/index.js";

const inc = task((x: number) => x + 1, { name: "inc" });
const join = task(async (parts: { a: string[]; n?: number }, separator = "") => parts.a.join(separator), {
  name: "join",
});
const count = task(
  function* (to: number) {
    for (let i = 0; i < to; i++) yield i;
  },
  { name: "count" },
);
const look = task((x: number | Error) => String(x), { name: "look" });

it("tasks take futures wherever they take values, and give futures of what their functions return", async () => {
  const f = flow(
    async (n: number) => {
      const one = inc.submit(n);
      expectTypeOf(one).toEqualTypeOf<TaskFuture<number>>();
      expectTypeOf(inc(one)).toEqualTypeOf<Promise<number>>();
      const joined = join.submit({ a: [join.submit({ a: ["x"] }), "y"], n: one }, "-");
      expectTypeOf(joined).toEqualTypeOf<TaskFuture<string>>();
      expectTypeOf(count.submit(2)).toEqualTypeOf<TaskFuture<number[]>>();
      expectTypeOf(inc.map([1, one])).toEqualTypeOf<TaskFuture<number>[]>();
      expectTypeOf(join.map([{ a: [] }], unmapped("-"))).toEqualTypeOf<TaskFuture<string>[]>();
      expectTypeOf(look.submit(allowFailure(one))).toEqualTypeOf<TaskFuture<string>>();
      expectTypeOf(join.submit(quote({ a: [] }))).toEqualTypeOf<TaskFuture<string>>();
      expectTypeOf(one.wait()).toEqualTypeOf<Promise<State<number>>>();
      expectTypeOf(one.wait({ timeout: 1 })).toEqualTypeOf<Promise<State<number> | undefined>>();
      expectTypeOf(one.result({ raiseOnFailure: false })).toEqualTypeOf<Promise<number | Error>>();
      return { one, list: [joined], plain: "x" };
    },
    { name: "f" },
  );
  expectTypeOf(f(1)).toEqualTypeOf<Promise<{ one: number; list: string[]; plain: string }>>();
  expect(await f(1)).toEqual({ one: 2, list: ["x-y"], plain: "x" });
});

it("what does not fit is an error of the compiler", () => {
  // Never called: only their types are looked at.
  const wrong = [
    // @ts-expect-error: a string is no number
    () => inc.submit("x"),
    // @ts-expect-error: a future of a string is no number
    () => inc.submit(join.submit({ a: [] })),
    // @ts-expect-error: an error is no number
    () => inc.submit(allowFailure(inc.submit(1))),
    // @ts-expect-error: an argument is missing
    () => inc.submit(),
    // @ts-expect-error: there is no such option
    () => inc.with({ retires: 3 }),
    // @ts-expect-error: a future is not its value
    (): number => inc.submit(1),
  ];
  expect(wrong).toHaveLength(6);
});
