import { callSites } from "../call-sites.js";
import type { Script } from "../scripts/script.js";

/** The same for a variable of a function around the one that uses it: then that function's frame decides. */
export function beforeNestedDeclaration(name: string, script: Script, user: number): boolean {
  return callSites().some((site) => {
    if (!isIn(site, script)) return false;
    const reached = script.offsetOf((site.getLineNumber() ?? 1) - 1, (site.getColumnNumber() ?? 1) - 1);
    return script.table.beforeNestedDeclaration(name, user, reached);
  });
}

/**
 * Whether the module's top level has not yet reached the declaration of a variable. Newer releases of V8 say so when the variable is
 * read; Node 20 shows `undefined`, so there the position of the module's own frame on the stack decides.
 */
export function beforeDeclaration(name: string, script: Script): boolean {
  const end = script.table.declarationEnd(name);
  if (end === undefined) return false;
  for (const site of callSites()) {
    if (site.getFunctionName() || !isIn(site, script)) continue;
    const offset = script.offsetOf((site.getLineNumber() ?? 1) - 1, (site.getColumnNumber() ?? 1) - 1);
    if (offset < end && !script.table.insideFunction(offset)) return true;
  }
  return false;
}

/** The inspector makes a URL of a script's path; the stack has the path. */
function isIn(site: NodeJS.CallSite, { url, file }: Script): boolean {
  const name = site.getScriptNameOrSourceURL() || site.getFileName();
  return name !== null && (name === url || name === file);
}
