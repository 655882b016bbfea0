import vm from "node:vm";

/** The frames of the current call stack as V8 knows them, innermost first. */
export function callSites(): NodeJS.CallSite[] {
  const ErrorType = writableError();
  const { stackTraceLimit } = ErrorType;
  const prepare = Object.getOwnPropertyDescriptor(ErrorType, "prepareStackTrace");
  ErrorType.stackTraceLimit = 200;
  ErrorType.prepareStackTrace = (_error, sites) => sites;
  try {
    return new ErrorType().stack as unknown as NodeJS.CallSite[];
  } finally {
    if (prepare === undefined) Reflect.deleteProperty(ErrorType, "prepareStackTrace");
    else Object.defineProperty(ErrorType, "prepareStackTrace", prepare);
    ErrorType.stackTraceLimit = stackTraceLimit;
  }
}

/** Node's --frozen-intrinsics freezes the constructor that says how stacks are shown. Another realm's shows the same frames. */
function writableError(): ErrorConstructor {
  return Object.isFrozen(Error) ? (vm.runInNewContext("Error") as ErrorConstructor) : Error;
}
