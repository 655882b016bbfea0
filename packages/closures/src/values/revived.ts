import type { AnyFunction } from "../any-function.js";
import { DefinitionMissingError } from "../errors.js";
import type { Reviver } from "../revive/reviver.js";

/**
 * The function behind a token, at once.
 *
 * @throws DefinitionMissingError when its modules are still to be loaded: `await reviver.prepare([error.hash])` first.
 */
export function revived(reviver: Pick<Reviver, "revive">, token: string): AnyFunction {
  const fn = reviver.revive(token);
  if (fn instanceof Promise) {
    // Nobody awaits this one: what it rejects with shows again when it is prepared.
    fn.catch(() => undefined);
    throw new DefinitionMissingError(token, "its modules are not loaded yet; prepare it before decoding");
  }
  return fn;
}
