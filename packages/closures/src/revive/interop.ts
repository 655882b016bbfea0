import { types } from "node:util";
import type { ImportForm } from "../scripts/import-forms.js";

/** Applies to a module what the client's compiler or loader applied to it, so that the same members mean the same. */
export function applyForm(module: unknown, form: ImportForm | undefined): unknown {
  switch (form) {
    case undefined:
    case "import":
    case "require":
      return module;
    case "default":
      return isTranspiled(module) ? module : { default: module };
    case "star":
    case "toESM":
      return isTranspiled(module) ? module : asNamespace(module);
    case "toESMNode":
      return asNamespace(module);
    case "vite":
      return types.isModuleNamespaceObject(module) ? withDefaultMembers(module as object) : module;
  }
}

function isTranspiled(module: unknown): boolean {
  return typeof module === "object" && module !== null && (module as { __esModule?: unknown }).__esModule === true;
}

function asNamespace(module: unknown): object {
  return { ...(module as object), default: module };
}

/** vitest lets the members of a CommonJS default export be imported by name. */
function withDefaultMembers(namespace: object): object {
  const inner = (namespace as { default?: unknown }).default;
  if ((typeof inner !== "object" && typeof inner !== "function") || inner === null) return namespace;
  return new Proxy(namespace, {
    get: (target, key) => (Reflect.has(target, key) ? Reflect.get(target, key) : Reflect.get(inner, key)) as unknown,
    has: (target, key) => Reflect.has(target, key) || Reflect.has(inner, key),
  });
}
