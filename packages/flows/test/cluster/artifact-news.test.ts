import { describe, expect, it } from "vitest";
import { ArtifactPieces, artifactPieces } from "../../src/runner/cluster/artifact-news.js";
import type { RunNews } from "../../src/runner/cluster/news.js";
import type { ArtifactParts } from "../../src/context/artifact.js";

const made = (key: string, length: number): ArtifactParts => ({
  type: "markdown",
  key,
  description: "é",
  data: "ü".repeat(length),
});

/** What a worker says of an artifact, in messages of 2 KiB. */
function news(artifact: ArtifactParts): Extract<RunNews, { kind: "artifact" }>[] {
  const pieces = artifactPieces(artifact, 2048);
  return pieces.map((bytes, index) => ({ kind: "artifact", number: 0, time: 1, index, count: pieces.length, bytes }));
}

function received(messages: readonly Extract<RunNews, { kind: "artifact" }>[]): {
  readonly keys: string[];
  readonly lost: number;
} {
  const pieces = new ArtifactPieces();
  const keys = messages.flatMap((message) => pieces.add(message)?.key ?? []);
  return { keys, lost: pieces.lost };
}

describe("an artifact in pieces", () => {
  it.each([0, 1, 400, 480, 600, 10_000])("is what it was (%i characters)", (length) => {
    const pieces = new ArtifactPieces();
    const artifact = made("a", length);
    const messages = news(artifact);
    for (const { bytes } of messages) expect(bytes.byteLength).toBeLessThanOrEqual(1024);
    expect(messages.map((message) => pieces.add(message)).filter((each) => each !== undefined)).toEqual([artifact]);
    expect(pieces.lost).toBe(0);
  });

  it.each([0, 1, 2])("of which piece %i is missing is lost; others are not", (missing) => {
    const broken = news(made("b", 1_200)).filter(({ index }) => index !== missing);
    expect(broken).toHaveLength(2);
    expect(received([...news(made("a", 1_200)), ...broken])).toEqual({ keys: ["a"], lost: 1 });
    expect(received([...broken, ...news(made("a", 1_200)), ...news(made("c", 1))])).toEqual({
      keys: ["a", "c"],
      lost: 1,
    });
  });
});
