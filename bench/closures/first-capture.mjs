// Captures the functions of the file it is given, in a process that has captured nothing yet, and prints what that took as JSON.
import { capture } from "@heddle/closures";

const { functions } = await import(new URL(process.argv[2], import.meta.url));
const start = performance.now();
capture(Object.values(functions)[0]);
const firstMs = performance.now() - start;

const bytes = Object.entries(functions).map(([name, fn]) => {
  const { definitions } = capture(fn);
  return [name, definitions.reduce((sum, definition) => sum + definition.bytes.byteLength, 0)];
});
console.log(JSON.stringify({ firstMs, bytes: Object.fromEntries(bytes) }));
