/**
 * What goes into the client's core and what comes out of it. The core has no socket, timer, clock or promise: the shell feeds it
 * what the program does and what the scheduler says, and performs the instructions it returns, in order.
 */
import type {
  AcquireLease,
  AddData,
  Answer,
  ClientToScheduler,
  ClusterEvent,
  DefinitionRecord,
  EventsPublished,
  Question,
  SchedulerToClient,
  SubmitTasks,
  TasksBegun,
  TasksFinished,
} from "@heddle/protocol";

/** The columns of a submission that do not change when it is sent again. */
export type GraphChunk = Omit<SubmitTasks, "op" | "lazy" | "wanted">;
/** Scattered values that workers have stored. */
export type DataRows = Omit<AddData, "op">;

export type ClientEvent =
  /** The next `count` task numbers are taken, from `ClientCore.nextTask` on; `held`: a Future exists for each. */
  | { readonly type: "reserve"; readonly count: number; readonly held: boolean }
  /** A chunk over reserved numbers is complete. `definitions` covers its functions and all they need. */
  | { readonly type: "submit"; readonly chunk: GraphChunk; readonly definitions: readonly DefinitionRecord[] }
  | { readonly type: "scattered"; readonly data: DataRows }
  /** Futures were made for tasks that were reserved without. */
  | { readonly type: "hold"; readonly tasks: readonly number[] }
  /** The futures of these tasks are gone. Ones that were released before are passed over. */
  | { readonly type: "release"; readonly first: number; readonly count: number }
  | { readonly type: "cancel"; readonly tasks: Int32Array; readonly force: boolean }
  | { readonly type: "retry"; readonly tasks: Int32Array }
  /** The error of this task was shown to somebody. */
  | { readonly type: "looked"; readonly task: number }
  /** The scheduler answered that a finished result is nowhere: until it says `finished` again, the task is pending. */
  | { readonly type: "absent"; readonly task: number }
  /** `id` is the caller's, and comes back with the answer. */
  | {
      readonly type: "ask";
      readonly id: number;
      readonly question: Question;
      readonly definitions?: readonly DefinitionRecord[];
    }
  /** What is published under the topic is wanted from now on, over every connection; `unsubscribe`: no longer. */
  | { readonly type: "subscribe"; readonly topic: string }
  | { readonly type: "unsubscribe"; readonly topic: string }
  /** Lost while there is no connection. */
  | { readonly type: "publish"; readonly topic: string; readonly events: Uint8Array }
  | { readonly type: "acquire"; readonly request: Omit<AcquireLease, "op" | "held"> }
  | { readonly type: "releaseLease"; readonly lease: number }
  /** What the program did in this turn of the event loop is complete. */
  | { readonly type: "turn" }
  | { readonly type: "connected"; readonly epoch: string }
  | { readonly type: "disconnected" }
  | { readonly type: "message"; readonly message: SchedulerToClient }
  /** The scheduler will not be reached again, or the client was closed: what is pending stays so for ever, so it is lost. */
  | { readonly type: "close" };

export type ClientInstruction =
  | { readonly type: "send"; readonly message: ClientToScheduler }
  /** These are finished, erred, cancelled or lost since this event. */
  | { readonly type: "settled"; readonly tasks: readonly number[] }
  /** Where and when runs were made, for who keeps account of them; before `settled`. */
  | { readonly type: "ran"; readonly runs: TasksFinished }
  | { readonly type: "begun"; readonly runs: TasksBegun }
  | { readonly type: "published"; readonly news: EventsPublished }
  | { readonly type: "granted"; readonly lease: number }
  | { readonly type: "accepted"; readonly graph: number }
  | { readonly type: "answered"; readonly answer: Answer }
  /** A question that must not be asked twice was under way when the connection broke. */
  | { readonly type: "unanswered"; readonly id: number }
  | { readonly type: "event"; readonly event: ClusterEvent };

/** What a future is, as its user sees it. */
export type TaskStatus = "pending" | "finished" | "error" | "cancelled" | "lost";
