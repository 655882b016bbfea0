/** The wire's version. Both sides of a handshake must speak the same one; there is no negotiation. */
export const PROTOCOL_VERSION = 1;

/** The release, as in the packages' package.json: for people to read, never compared. */
export const HEDDLE_VERSION = "0.1.0";
