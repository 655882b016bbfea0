import { HeddleError, registerError } from "@heddle/protocol";

/** A worker, or its data port, cannot be reached, or hung up in the middle of a transfer. */
export class PeerUnreachableError extends HeddleError {
  constructor(
    readonly address: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super("HEDDLE_PEER_UNREACHABLE", `cannot exchange data with the worker at ${address}: ${reason}`, options);
  }
}

/** What came through a data connection is not what belongs there. */
export class TransferError extends HeddleError {
  constructor(
    readonly address: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super("HEDDLE_TRANSFER_MALFORMED", `data exchanged with ${address} is malformed: ${reason}`, options);
  }
}

/** A worker refused a data request. `refusal` is why. */
export class TransferRefusedError extends HeddleError {
  constructor(
    readonly address: string,
    readonly refusal: { readonly code: string; readonly message: string },
  ) {
    super("HEDDLE_TRANSFER_REFUSED", `the worker at ${address} refused a data request: ${refusal.message}`);
  }
}
for (const type of [PeerUnreachableError, TransferError, TransferRefusedError]) registerError(type);
