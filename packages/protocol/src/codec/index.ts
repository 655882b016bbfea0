/**
 * Values as bytes with big buffers beside them.
 *
 * @packageDocumentation
 */
export { ByteSink } from "./byte-sink.js";
export { ValueDecoder, type ValueDecoderOptions } from "./decoder.js";
export { NO_BUFFERS, encodedBytes, type EncodedValue } from "./encoded-value.js";
export { ValueEncoder, type ValueEncoderOptions } from "./encoder.js";
export { CodecError, type CodecErrorCode } from "./errors.js";
export type { CodecExtension, ValueReader, ValueWriter } from "./extension.js";
