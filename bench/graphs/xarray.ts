import { GraphBuilder } from "./graph-builder.js";
import type { BenchGraph } from "./graph.js";

/** The grid of the air temperature data set that the published graphs were recorded on. */
const LATITUDES = 25;
const LONGITUDES = 53;
const WEEKS = 52;

interface Block {
  readonly shape: readonly [number, number, number];
  /** One task per cell, last axis fastest. */
  readonly cells: readonly number[];
}

/**
 * Weekly means of a grid of temperatures in chunks of `chunk` x `chunk` cells, each compared with its chunk's broadcast value;
 * the differences are reduced by two along every axis at once.
 */
export function xarray(chunk: number, name = `xarray-${chunk}`): BenchGraph {
  const graph = new GraphBuilder();
  const shape = [Math.ceil(LATITUDES / chunk), Math.ceil(LONGITUDES / chunk), WEEKS] as const;
  const opened = graph.add();
  const cells: number[] = [];
  for (let place = 0; place < shape[0] * shape[1]; place++) {
    const series = graph.add([opened]);
    const broadcast = graph.add([series]);
    for (let week = 0; week < WEEKS; week++) {
      const mean = graph.add([graph.add([series])]);
      cells.push(graph.add([broadcast, mean]));
    }
  }
  let block: Block = { shape, cells };
  while (block.cells.length > 1) block = halveEveryAxis(graph, block);
  return graph.build(name);
}

function halveEveryAxis(graph: GraphBuilder, { shape, cells }: Block): Block {
  const halved = shape.map((length) => Math.ceil(length / 2)) as [number, number, number];
  const outputs: number[] = [];
  for (let x = 0; x < halved[0]; x++) {
    for (let y = 0; y < halved[1]; y++) {
      for (let z = 0; z < halved[2]; z++) {
        const group: number[] = [];
        for (let i = 2 * x; i < Math.min(2 * x + 2, shape[0]); i++) {
          for (let j = 2 * y; j < Math.min(2 * y + 2, shape[1]); j++) {
            for (let k = 2 * z; k < Math.min(2 * z + 2, shape[2]); k++) {
              group.push(cells[(i * shape[1] + j) * shape[2] + k]!);
            }
          }
        }
        outputs.push(group.length === 1 ? group[0]! : graph.add(group));
      }
    }
  }
  return { shape: halved, cells: outputs };
}
