/** Artifacts between a worker and the process of their flow: pieces, for a message holds less than the largest of them. */
import type { ArtifactParts } from "../../context/artifact.js";
import type { RunNews } from "./news.js";

type ArtifactNews = Extract<RunNews, { kind: "artifact" }>;

/** Bytes of a message for what is said beside a piece. */
const AROUND = 1024;

/** @param most - bytes of a message */
export function artifactPieces(made: ArtifactParts, most: number): Uint8Array[] {
  const bytes = Buffer.from(JSON.stringify(made));
  const size = most - AROUND;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** Puts the artifacts of one run together. Pieces may be lost: with the thread that said them, or for a process that reads too slowly. */
export class ArtifactPieces {
  #pieces: Uint8Array[] = [];
  #isOpen = false;
  #lost = 0;

  /** How many were not told to the end. */
  get lost(): number {
    return this.#isOpen ? this.#lost + 1 : this.#lost;
  }

  /** @returns the artifact of which this is the last piece */
  add({ index, count, bytes }: ArtifactNews): ArtifactParts | undefined {
    if (index === 0) {
      this.#lost = this.lost;
      this.#pieces = [];
    }
    this.#isOpen = true;
    if (index === this.#pieces.length) this.#pieces.push(bytes);
    if (this.#pieces.length < count) return undefined;
    const text = Buffer.concat(this.#pieces).toString();
    this.#pieces = [];
    this.#isOpen = false;
    return JSON.parse(text) as ArtifactParts;
  }
}
