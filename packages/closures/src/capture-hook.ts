/**
 * Objects that must not be copied carry a method under this symbol that returns the reason (or throws it): clients, futures,
 * clusters. Symbol.for, so that two copies of this package agree.
 */
export const CAPTURE_HOOK: unique symbol = Symbol.for("heddle.capture") as never;

/** What a {@link CAPTURE_HOOK} method returns: the reason, as the end of "which is ...", and what to do instead. */
export type CaptureRefusal = string | { readonly reason: string; readonly hint?: string };
