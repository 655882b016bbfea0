/** One question to a scheduler, on a connection of its own: for what a cluster has to know now and then, and has no client for. */
import { randomUUID } from "node:crypto";
import {
  HEDDLE_VERSION,
  PROTOCOL_VERSION,
  SchedulerUnreachableError,
  connect,
  fromPlainError,
  type Answer,
  type ClientToScheduler,
  type ConnectOptions,
  type Plain,
  type Question,
  type SchedulerToClient,
} from "@heddle/protocol";

export interface AskOptions extends ConnectOptions {
  /** Milliseconds for the answer, once connected. Default 10,000. */
  readonly patience?: number;
}

/**
 * Asks a scheduler.
 *
 * @throws SchedulerUnreachableError, UnauthorizedError, ProtocolVersionError - from connecting, or when no answer comes.
 * @throws the error that the scheduler answered with.
 */
export async function askScheduler(address: string, question: Question, options: AskOptions = {}): Promise<Plain> {
  const { patience = 10_000 } = options;
  const hello = {
    op: "hello",
    protocol: PROTOCOL_VERSION,
    role: "client",
    id: randomUUID(),
    name: "question",
    heddle: HEDDLE_VERSION,
    node: process.version,
    pid: process.pid,
  } as const;
  const connection = await connect(address, hello, options);
  const answer = await new Promise<Answer>((resolve, reject) => {
    const unanswered = (reason: string): void => reject(new SchedulerUnreachableError(address, reason));
    const timer = setTimeout(() => unanswered(`no answer within ${patience} ms`), patience);
    const channel = connection.open<ClientToScheduler, SchedulerToClient>({
      onMessages(messages) {
        for (const message of messages) {
          if (message.op !== "answer") continue;
          clearTimeout(timer);
          resolve(message);
          channel.send({ op: "goodbye" });
          channel.close();
        }
      },
      onClose(code, reason) {
        clearTimeout(timer);
        unanswered(`it closed the connection (${code} ${reason})`);
      },
    });
    channel.send({ op: "ask", id: 1, what: question });
  });
  if (answer.error !== undefined) throw fromPlainError(answer.error);
  return answer.value;
}
