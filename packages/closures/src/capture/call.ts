import { packDefinition, type Definition } from "../wire/definition.js";
import type { CallHead } from "../wire/heads.js";

/**
 * A definition that is revived as the function, and brings the functions and classes that its arguments hold: see
 * `TravellingValues.collectInto`.
 *
 * @param token - of the function
 * @param brought - tokens of what the arguments hold
 */
export function callDefinition(token: string, brought: readonly string[]): Definition {
  const tokens = [...new Set(brought)].sort();
  const head: CallHead = { kind: "call", function: token, brought: tokens };
  const { hash, bytes, needs } = packDefinition(head, [], undefined, [token, ...tokens]);
  return { hash, bytes, needs };
}
