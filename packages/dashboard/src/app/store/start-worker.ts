/** A page may make a policy of one name once. */
const policy = window.trustedTypes?.createPolicy("dash", { createScriptURL: check });

/** Under Trusted Types a worker starts only from an address that a policy has passed: those of this origin. */
export function startWorker(address: string): Worker {
  const url = new URL(address, document.baseURI);
  // The constructor takes a TrustedScriptURL where there are such; the DOM library does not know them yet.
  const trusted = policy ? (policy.createScriptURL(url.href) as unknown as string) : check(url.href);
  return new Worker(trusted, { type: "module" });
}

function check(input: string): string {
  if (new URL(input).origin !== location.origin) throw new TypeError(`a worker may not start from ${input}`);
  return input;
}
