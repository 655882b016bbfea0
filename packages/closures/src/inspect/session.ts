import type * as Inspector from "node:inspector";
import type { Session, Debugger, Runtime } from "node:inspector";
import { createRequire } from "node:module";
import vm from "node:vm";
import { InspectorUnavailableError } from "../errors.js";

/**
 * A session with V8's inspector in this very thread. `Session.post` runs its callback before it returns there, so everything
 * here is synchronous: what is read is what holds at this instant.
 *
 * The session is opened per capture and always closed: an open one makes V8 keep every argument of console.log. The Debugger
 * domain is enabled only for the moment of one question: left enabled it slows awaits 5 to 18 times.
 */
let session: Session | undefined;

/** Objects pass between this module and the inspector through one hidden property of the main realm's global object. */
const slotKey = `__heddle_slot_${Math.random().toString(36).slice(2)}`;
const slot: { inspected?: unknown; grabbed?: unknown } = {};
const slotExpression = `globalThis[${JSON.stringify(slotKey)}]`;

export interface ScriptText {
  readonly id: string;
  readonly url: string;
  readonly source: string;
  readonly isModule: boolean;
  readonly sourceMapUrl: string | undefined;
  /** Where the text starts in what the user wrote; not 0 for scripts compiled with an offset. */
  readonly firstLine: number;
  readonly firstColumn: number;
}

/** Runs `body` with a session that the functions below share, and closes it. */
export function withInspector<T>(body: () => T): T {
  if (session !== undefined) return body();
  try {
    return body();
  } finally {
    closeSession();
  }
}

function openSession(): Session {
  if (session !== undefined) return session;
  try {
    if (!Object.hasOwn(mainGlobal(), slotKey))
      Object.defineProperty(mainGlobal(), slotKey, { value: slot, configurable: true });
    const inspector = createRequire(import.meta.url)("node:inspector") as typeof Inspector;
    const opened = new inspector.Session();
    opened.connect();
    return (session = opened);
  } catch (cause) {
    throw new InspectorUnavailableError({ cause });
  }
}

function closeSession(): void {
  session?.disconnect();
  session = undefined;
}

/** The inspector evaluates in the main realm, which is not this module's in vm contexts (jest, vitest's vmThreads). */
function mainGlobal(): object {
  return vm.runInThisContext("globalThis") as object;
}

function post<Result>(method: string, params?: object): Result {
  let result: Result | undefined;
  let failure: Error | null = null;
  openSession().post(method, params, (error: Error | null, value?: object) => {
    failure = error;
    result = value as Result;
  });
  if (failure !== null) throw new Error(`the inspector refused ${method}: ${(failure as Error).message}`);
  return result as Result;
}

/** What V8 knows about an object that JavaScript cannot see. */
export type InternalSlots = Readonly<Record<string, Runtime.RemoteObject | undefined>>;

export function internalSlots(value: object): InternalSlots {
  const slots: Record<string, Runtime.RemoteObject | undefined> = {};
  for (const { name, value: remote } of propertiesOf(value).internalProperties ?? []) slots[name] = remote;
  return slots;
}

/** Names of own properties that are not elements, without listing the elements: for arrays of millions. */
export function namedProperties(value: object): string[] {
  return withInspector(() => propertiesOf(value).result.flatMap(({ name, symbol }) => (symbol ? [] : [name])));
}

function propertiesOf(value: object): Runtime.GetPropertiesReturnType {
  slot.inspected = value;
  try {
    openSession();
    const remote = post<Runtime.EvaluateReturnType>("Runtime.evaluate", {
      expression: `${slotExpression}.inspected`,
      silent: true,
    });
    return post("Runtime.getProperties", {
      objectId: remote.result.objectId,
      ownProperties: true,
      nonIndexedPropertiesOnly: true,
    });
  } finally {
    slot.inspected = undefined;
  }
}

/** The live object behind a remote handle. */
export function grab(remote: Runtime.RemoteObject): unknown {
  post("Runtime.callFunctionOn", {
    objectId: remote.objectId,
    functionDeclaration: `function(){${slotExpression}.grabbed=this}`,
    silent: true,
  });
  const value = slot.grabbed;
  slot.grabbed = undefined;
  return value;
}

/** The text V8 really loaded for a script, and under which name. */
export function readScript(id: string): ScriptText | undefined {
  let parsed: Debugger.ScriptParsedEventDataType | undefined;
  const onParsed = (message: { params: Debugger.ScriptParsedEventDataType }): void => {
    if (message.params.scriptId === id) parsed = message.params;
  };
  const opened = openSession();
  opened.on("Debugger.scriptParsed", onParsed);
  post("Debugger.enable");
  try {
    if (parsed === undefined) return undefined;
    const { scriptSource } = post<Debugger.GetScriptSourceReturnType>("Debugger.getScriptSource", { scriptId: id });
    return {
      id,
      url: parsed.url,
      source: scriptSource,
      isModule: parsed.isModule ?? false,
      sourceMapUrl: parsed.sourceMapURL || undefined,
      firstLine: parsed.startLine,
      firstColumn: parsed.startColumn,
    };
  } finally {
    post("Debugger.disable");
    opened.off("Debugger.scriptParsed", onParsed);
  }
}
