/**
 * The first program: functions become tasks, calls become futures, graphs run when asked to.
 *
 *   npm run example hello
 */
import { Client, LocalCluster, delayed } from "heddle";

await using cluster = new LocalCluster({ workers: 2 });
await using client = new Client(cluster);

const square = (x: number): number => x * x;
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const four = client.submit(square, 2); // a Future<number>, at once: the work goes on elsewhere
console.log("one task:", await four.result());

const squares = client.map(square, [1, 2, 3, 4, 5]);
console.log("many:    ", await client.gather(squares));

const total = client.submit(sum, squares); // futures are arguments; their values do not come by here
console.log("chained: ", await total.result());

const lazySquare = delayed(square);
const graph = delayed(sum)([lazySquare(3), lazySquare(4)]); // nothing runs yet
console.log("graph:   ", await graph.compute());
