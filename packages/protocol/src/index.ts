/**
 * What crosses a wire: messages, frames, the channel, the handshake, the value codec and the base of every error.
 *
 * @packageDocumentation
 */
export { HEDDLE_VERSION, PROTOCOL_VERSION } from "./version.js";
export { HeddleError, errorClass, registerError } from "./errors.js";
export {
  ByteSink,
  CodecError,
  NO_BUFFERS,
  ValueDecoder,
  ValueEncoder,
  encodedBytes,
  type CodecErrorCode,
  type CodecExtension,
  type EncodedValue,
  type ValueDecoderOptions,
  type ValueEncoderOptions,
  type ValueReader,
  type ValueWriter,
} from "./codec/index.js";
export { at, offsetsOf, type Column } from "./messages/columns.js";
export * from "./messages/definitions.js";
export type * from "./messages/plain.js";
export * from "./messages/printed.js";
export type * from "./messages/tasks.js";
export type * from "./messages/handshake.js";
export type * from "./messages/client.js";
export { RunFlag } from "./messages/worker.js";
export type * from "./messages/worker.js";
export type * from "./messages/data.js";
export { MAX_EVENT_BYTES, MAX_TOPIC } from "./messages/topics.js";
export type * from "./messages/topics.js";
export type * from "./messages/leases.js";
export { FrameError, decodeFrame, encodeFrame, type WireMessage } from "./wire/frame.js";
export { Channel, CloseCode, type ChannelHandlers } from "./wire/channel.js";
export {
  CONNECT_TIMEOUT,
  MAX_HELLO,
  MAX_PAYLOAD,
  ProtocolVersionError,
  RefusedError,
  SchedulerUnreachableError,
  UnauthorizedError,
  connect,
  socketOptions,
  type Connection,
  type ConnectOptions,
  type TlsOptions,
} from "./wire/connect.js";
export { MessageError } from "./wire/fields.js";
export { validateClientMessage, validateHello, validateWorkerMessage } from "./wire/validate.js";
export { CATALOGUE, environmentName, type SettingPath, type SettingValue } from "./settings/catalogue.js";
export { closest } from "./settings/closest.js";
export { QuantityError, parseDuration, parseSize, type Duration, type Size } from "./settings/quantities.js";
export {
  InvalidSettingError,
  Settings,
  UnknownSettingError,
  loadSettings,
  type SettingSource,
  type SettingsInput,
} from "./settings/settings.js";
export {
  createToken,
  findToken,
  isLoopback,
  readToken,
  removeToken,
  sameToken,
  saveToken,
  tokenFile,
} from "./wire/tokens.js";
export { heddleHome } from "./home.js";
export { storageKeyProblem } from "./storage-key.js";
export { childEnvironment, cleanNodeOptions } from "./processes/child-environment.js";
export { fromPlainError, toPlainError } from "./plain-error.js";
export { describeEnd, type ProcessEnd } from "./processes/process-end.js";
