/** What the bundler makes of imports that are no scripts. */
declare module "*.css";

/** Address of a script that a worker starts from, relative to the page. */
declare module "*?worker&url" {
  const url: string;
  export default url;
}

/** Address of a copied file. */
declare module "*?url" {
  const url: string;
  export default url;
}

/** Not in the DOM library yet. The policy of that name is the only one the page's headers allow. */
interface TrustedScriptURL {
  toString(): string;
}
interface TrustedTypePolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL(input: string): string },
  ): { createScriptURL(input: string): TrustedScriptURL };
}
interface Window {
  readonly trustedTypes?: TrustedTypePolicyFactory;
}
