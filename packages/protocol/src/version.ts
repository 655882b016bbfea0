/** The wire's version. Both sides of a handshake must speak the same one; there is no negotiation. */
export const PROTOCOL_VERSION = 1;
