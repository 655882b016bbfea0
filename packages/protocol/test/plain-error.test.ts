import { expect, it } from "vitest";
import { HeddleError, registerError } from "../src/errors.js";
import { fromPlainError, toPlainError } from "../src/plain-error.js";

class TestPortError extends HeddleError {
  constructor(readonly port: number) {
    super("HEDDLE_TEST_PORT", `port ${port} is taken`, { cause: new Error("inner") });
  }
}
registerError(TestPortError);

it("brings an error of ours back as itself, through JSON", () => {
  const plain = JSON.parse(JSON.stringify(toPlainError(new TestPortError(7)))) as ReturnType<typeof toPlainError>;
  const error = fromPlainError(plain);
  expect(error).toBeInstanceOf(TestPortError);
  expect(error).toMatchObject({ name: "TestPortError", code: "HEDDLE_TEST_PORT", message: "port 7 is taken", port: 7 });
  expect(error.stack).toContain("plain-error.test.ts");
});

it("keeps code and message of a class that this process does not have", () => {
  const error = fromPlainError({ name: "StrangeError", code: "HEDDLE_STRANGE", message: "m", fields: { a: 1 } });
  expect(error).toBeInstanceOf(HeddleError);
  expect(error).toMatchObject({ name: "StrangeError", code: "HEDDLE_STRANGE", a: 1 });
});

it("calls what is not ours internal", () => {
  expect(toPlainError(new TypeError("x"))).toMatchObject({ code: "HEDDLE_INTERNAL", message: "x" });
});

it("knows what is not ours also where nobody may look", () => {
  const refuse = (): never => {
    throw new RangeError("not to be looked at");
  };
  const thrown: unknown = new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse });
  expect(thrown instanceof HeddleError).toBe(false);
  expect({ lineage: "HeddleError" } instanceof HeddleError).toBe(false);
});
