/** The client's state machine alone, without sockets: what the simulator runs. */
export { ClientCore } from "./client-core.js";
export type { ClientEvent, ClientInstruction, DataRows, GraphChunk, TaskStatus } from "./events.js";
