/**
 * A search engine for the texts of all packages installed here: readmes, licences, manifests, sources.
 * The index stays on the workers, in shards; questions go to where the shards are.
 *
 *   npm run example text-index
 *   npm run example text-index abort signal
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Client, LocalCluster, progress } from "heddle";
import { timed } from "../terminal/stopwatch.js";
import { table } from "../terminal/table.js";
import { cores, count, duration, size } from "../terminal/units.js";
import { check } from "../terminal/verdict.js";
import { batchesOf, textFiles } from "./files.js";
import { ShardedIndex } from "./sharded-index.js";
import { plainIndex, plainSearch, plainTopWords } from "./single-process.js";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { root: { type: "string", default: fileURLToPath(new URL("../../node_modules", import.meta.url)) } },
});
const asked = positionals.map((word) => word.toLowerCase());
const queries = asked.length > 0 ? [asked] : ["abort signal", "parquet compression"].map((query) => query.split(" "));
const files = await textFiles(options.root);
const paths = files.map((file) => file.path);
console.log(
  `${count(files.length, "file")}, ${size(files.reduce((sum, file) => sum + file.size, 0))}, in ${options.root}`,
);

await using cluster = new LocalCluster(); // as many workers as there are cores
await using client = new Client(cluster);
await cluster.ready;

const { value: index, took } = await timed(async () => {
  const index = new ShardedIndex(client, batchesOf(files, 16));
  await progress([...index.shards, index.counts], { label: "index" });
  return index;
});

const top = await index.topWords(10);
console.log(
  `\nThe most frequent words\n\n${table(top, [
    { title: "word", value: ({ word }) => word },
    { title: "times", value: ({ occurrences }) => occurrences },
    { title: "files", value: ({ documents }) => documents },
  ])}`,
);

const answers = [];
for (const words of queries) {
  const answer = await timed(() => index.search(words, 5));
  answers.push(answer.value);
  console.log(
    `\n“${words.join(" ")}”, found in ${duration(answer.took)}\n\n${table(answer.value, [
      { title: "file", value: ({ path }) => relative(options.root, path) },
      { title: "score", value: ({ score }) => score.toFixed(2), align: "right" },
    ])}`,
  );
}

const plain = await timed(() => plainIndex(paths));
console.log(`\n${duration(took)} to index with one worker on each of ${cores()}`);
console.log(`${duration(plain.took)} to index in a plain loop in this process\n`);
const plainAnswers = queries.map((words) => plainSearch(plain.value, paths, words, 5));
check("the plain index has the same most frequent words", plainTopWords(plain.value, 10), top);
check("it finds the same files, with the same scores", plainAnswers, answers);
