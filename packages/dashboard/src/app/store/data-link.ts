import type { Topic } from "@heddle/protocol/dashboard";
import type { PageToWorker, Snapshot, WorkerToPage } from "../../data/messages.js";

type Answer = Extract<WorkerToPage, { readonly id: number }>;
type Question = Extract<PageToWorker, { readonly id: number }>;
/** A question without its number, which the link draws. */
export type Asked<Q extends Question = Question> = Q extends Question ? Omit<Q, "id"> : never;

/** What a worker is to its page. */
export interface DataPort {
  postMessage(message: PageToWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<WorkerToPage>) => void) | null;
}

/** The page's end of the data worker. One for the life of the page. */
export class DataLink {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private readonly topics = new Map<Topic, number>();
  private readonly pictures = new Map<number, (picture: ImageBitmap) => void>();
  private nextId = 1;
  private topicsDue = false;

  constructor(
    private readonly port: DataPort,
    onSnapshot: (snapshot: Snapshot) => void,
  ) {
    port.onmessage = (event: MessageEvent<WorkerToPage>) => {
      const message = event.data;
      if (message.type === "snapshot") onSnapshot(message.snapshot);
      else if (message.type === "stream.picture") {
        const show = this.pictures.get(message.stream);
        if (show) show(message.picture);
        else message.picture.close();
      } else {
        this.waiting.get(message.id)?.(message);
        this.waiting.delete(message.id);
      }
    };
    this.send({ type: "start", base: document.baseURI });
  }

  send(message: PageToWorker, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }

  ask(question: Asked): Promise<Answer> {
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.send({ ...question, id });
    });
  }

  /** Pictures of a stream whose canvas could not be handed over. Returns how to stop. */
  onPicture(stream: number, show: (picture: ImageBitmap) => void): () => void {
    this.pictures.set(stream, show);
    return () => this.pictures.delete(stream);
  }

  /** Wants a topic's frames until what is returned is called. */
  want(topic: Topic): () => void {
    this.topics.set(topic, (this.topics.get(topic) ?? 0) + 1);
    this.sayTopics();
    return () => {
      this.topics.set(topic, (this.topics.get(topic) ?? 1) - 1);
      this.sayTopics();
    };
  }

  /** Once per turn: a change of page takes topics and gives others back. */
  private sayTopics(): void {
    if (this.topicsDue) return;
    this.topicsDue = true;
    queueMicrotask(() => {
      this.topicsDue = false;
      const topics = [...this.topics].filter(([, count]) => count > 0).map(([topic]) => topic);
      this.send({ type: "topics", topics });
    });
  }
}
