/**
 * What child processes inherit. A loader (tsx), an inspector or coverage of the user's process does a child no good: it costs about
 * 200 ms at each start, fights over a debugging port, or writes files.
 */

/** NODE_OPTIONS that a child keeps: limits and warnings. Everything else is about how the parent's own code is loaded or watched. */
const KEPT_OPTIONS =
  /^--(max-|min-|stack-|no-(warnings|deprecation)|trace-(warnings|deprecation|uncaught)|throw-deprecation|unhandled-rejections|use-openssl-ca|use-bundled-ca|tls-|dns-result-order|enable-fips|force-fips|openssl-)/;

const DROPPED_VARIABLES = ["NODE_OPTIONS", "NODE_V8_COVERAGE", "VSCODE_INSPECTOR_OPTIONS", "NODE_CHANNEL_FD"];

/** The environment for a child process: the parent's, without what loads, inspects or measures the parent's code. */
export function childEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const child = { ...env };
  for (const name of DROPPED_VARIABLES) delete child[name];
  const options = cleanNodeOptions(env["NODE_OPTIONS"] ?? "");
  if (options !== "") child["NODE_OPTIONS"] = options;
  return child;
}

/** NODE_OPTIONS without loaders, preloads, conditions, inspectors and coverage. */
export function cleanNodeOptions(options: string): string {
  return words(options)
    .filter((word) => KEPT_OPTIONS.test(word) && (word.includes("=") || !TAKES_A_WORD.test(word)))
    .join(" ");
}

/** Options whose value may follow as a word of its own; without `=` they cannot be told from a flag, so they are dropped with it. */
const TAKES_A_WORD = /^--(max-|min-|stack-|unhandled-rejections|tls-(cipher|keylog)|dns-result-order|openssl-config)/;

/** NODE_OPTIONS splits at spaces, and double quotes keep a word together. */
function words(options: string): string[] {
  return options.match(/(?:[^\s"]|"(?:\\.|[^"\\])*")+/g) ?? [];
}
