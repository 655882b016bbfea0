/** Arguments by name: destructured ones and those beyond the parameters by their position, `arg0`. */
export function parametersOf(names: readonly string[], args: readonly unknown[]): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  for (let i = 0; i < Math.max(names.length, args.length); i++) {
    const name = names[i];
    if (name?.startsWith("...")) {
      parameters[name.slice(3) || `arg${i}`] = args.slice(i);
      break;
    }
    if (i < args.length) parameters[name || `arg${i}`] = args[i];
  }
  return parameters;
}
