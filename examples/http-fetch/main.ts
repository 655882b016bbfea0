/**
 * Hundreds of requests to a slow server: tasks that wait give their thread to others, so that two threads are enough for all.
 *
 *   npm run example http-fetch
 */
import { parseArgs } from "node:util";
import { Client, LocalCluster, progress } from "heddle";
import { timed } from "../terminal/stopwatch.js";
import { table } from "../terminal/table.js";
import { count, duration } from "../terminal/units.js";
import { check } from "../terminal/verdict.js";
import { fetchMovie } from "./fetch-movie.js";
import { MovieServer, delayOf, readMovies } from "./movie-server.js";
import { ratingsByGenre } from "./ratings.js";

const { values: options } = parseArgs({ options: { films: { type: "string", default: "600" } } });
const movies = await readMovies(Number(options.films));
await using server = new MovieServer(movies);
const address = await server.listen();
const urls = movies.map((_, id) => `${address}/movies/${String(id)}`);

await using cluster = new LocalCluster({ workers: 2, threadsPerWorker: 1 });
await using client = new Client(cluster);
await cluster.ready;

const { value: fetched, took } = await timed(async () => {
  const futures = client.with({ retries: 2, timeout: "5s" }).map(fetchMovie, urls);
  await progress(futures);
  return client.gather(futures);
});

console.log(
  `\n${table(ratingsByGenre(fetched), [
    { title: "genre", value: (row) => row.genre },
    { title: "films", value: (row) => row.films },
    { title: "rating (of 10)", value: (row) => row.rating.toFixed(2), align: "right" },
  ])}\n`,
);
const waited = urls.reduce((sum, _, id) => sum + delayOf(id), 0);
console.log(
  `${duration(waited)}  what the server made its clients wait for ${count(movies.length, "film")}, one after the other`,
);
console.log(`${duration(took)}  on 2 workers with one thread each: ${(waited / took).toFixed(0)} times faster`);
console.log(`${count(server.busiest, "request")} at most were waiting at the same time.`);
console.log(`${count(server.refusals, "request")} were refused with status 503; their tasks tried again.\n`);
check("the films are those of the file, in order", fetched, movies);
check("no film was asked for more often than it had to be", server.requests, movies.length + server.refusals);
