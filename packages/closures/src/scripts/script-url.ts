import path from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the file behind the URL that V8 knows a script by; none for eval, the REPL and the like. */
export function fileOfUrl(url: string): string | undefined {
  const plain = url.replace(/[?#].*$/, "");
  if (plain.startsWith("file:")) return fileURLToPath(plain);
  return path.isAbsolute(plain) ? plain : undefined;
}
