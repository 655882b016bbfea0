import { storageKeyProblem } from "@heddle/protocol";
import { InvalidStorageKeyError } from "./errors.js";

/** Refuses what is no key: see {@link ResultStore}. @throws InvalidStorageKeyError */
export function checkStorageKey(key: string): void {
  const problem = storageKeyProblem(key);
  if (problem !== undefined) throw new InvalidStorageKeyError(key, problem);
}
