import type * as Inspector from "node:inspector";
import type { Session, Runtime } from "node:inspector";
import { createRequire } from "node:module";
import vm from "node:vm";
import { InspectorUnavailableError } from "../errors.js";

/**
 * A session with V8's inspector in this very thread. `Session.post` runs its callback before it returns there, so everything
 * here is synchronous: what is read is what holds at this instant.
 *
 * The session is opened per capture and always closed: an open one makes V8 keep every argument of console.log. The Debugger
 * domain is enabled only where nothing else helps, and for the moment of one question: left enabled it slows awaits 5 to 18 times.
 */
let session: Session | undefined;

/** Objects pass between this module and the inspector through one hidden property of the main realm's global object. */
const slotKey = `__heddle_slot_${Math.random().toString(36).slice(2)}`;
const slot: { inspected?: unknown; grabbed?: unknown } = {};
const slotExpression = `globalThis[${JSON.stringify(slotKey)}]`;

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

/** Asks the inspector, and has its answer. */
export function post<Result>(method: string, params?: object): Result {
  let result: Result | undefined;
  let failure: Error | null = null;
  openSession().post(method, params, (error: Error | null, value?: object) => {
    failure = error;
    result = value as Result;
  });
  if (failure !== null) throw new Error(`the inspector refused ${method}: ${(failure as Error).message}`);
  return result as Result;
}

/** Hears of an event until the function returned is called. */
export function listen<Event>(event: string, heard: (params: Event) => void): () => void {
  const opened = openSession();
  const onEvent = ({ params }: { params: Event }): void => heard(params);
  opened.on(event, onEvent);
  return () => void opened.off(event, onEvent);
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
