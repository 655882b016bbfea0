import { callSites } from "../call-sites.js";
import type { Script } from "../scripts/script.js";

/**
 * Whether the module's top level has not yet reached the declaration of a variable. Newer releases of V8 say so when the variable is
 * read; Node 20 shows `undefined`, so there the position of the module's own frame on the stack decides.
 */
export function beforeDeclaration(name: string, script: Script): boolean {
  const end = script.table.declarationEnd(name);
  if (end === undefined || !script.isModule) return false;
  for (const site of callSites()) {
    if (site.getFunctionName() || (site.getScriptNameOrSourceURL() || site.getFileName()) !== script.url) continue;
    const offset = script.offsetOf((site.getLineNumber() ?? 1) - 1, (site.getColumnNumber() ?? 1) - 1);
    if (offset < end && !script.table.insideFunction(offset)) return true;
  }
  return false;
}
