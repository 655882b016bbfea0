import type { BenchGraph } from "./graph.js";

/** Builds a {@link BenchGraph} task by task; a task can depend only on tasks added before it. */
export class GraphBuilder {
  #depOffsets = new Int32Array(1024);
  #deps = new Int32Array(1024);
  #tasks = 0;
  #edges = 0;

  /**
   * Adds one task and returns its number. `deps` must not name a task twice: a task that uses one input in two places has
   * one edge to it.
   *
   * @throws RangeError when a dependency has not been added yet.
   */
  add(deps: readonly number[] = []): number {
    const task = this.#tasks++;
    for (const dep of deps) {
      if (dep < 0 || dep >= task)
        throw new RangeError(`task ${task} cannot depend on task ${dep}, which is not there yet`);
      if (this.#edges === this.#deps.length) this.#deps = grown(this.#deps);
      this.#deps[this.#edges++] = dep;
    }
    if (task + 1 === this.#depOffsets.length) this.#depOffsets = grown(this.#depOffsets);
    this.#depOffsets[task + 1] = this.#edges;
    return task;
  }

  /** Adds `count` tasks without dependencies. */
  addMany(count: number): number[] {
    return Array.from({ length: count }, () => this.add());
  }

  /** Adds one task per entry of `inputs`, each depending on that entry alone. */
  addEach(inputs: readonly number[]): number[] {
    return inputs.map((input) => this.add([input]));
  }

  /**
   * One level of a reduction: splits `inputs` into consecutive groups of `size` and adds one task per group. A group of one adds
   * nothing and passes its member on, because the published graphs were recorded after Dask had fused such tasks away.
   */
  reduceOnce(inputs: readonly number[], size: number): number[] {
    const outputs: number[] = [];
    for (let start = 0; start < inputs.length; start += size) {
      const group = inputs.slice(start, start + size);
      outputs.push(group.length === 1 ? group[0]! : this.add(group));
    }
    return outputs;
  }

  /** Reduces by groups of `size` while there are more than `size`, then adds the root over what is left. */
  reduceToRoot(inputs: readonly number[], size: number): number {
    let level = inputs;
    while (level.length > size) level = this.reduceOnce(level, size);
    return this.add(level);
  }

  build(name: string): BenchGraph {
    return {
      name,
      tasks: this.#tasks,
      depOffsets: this.#depOffsets.slice(0, this.#tasks + 1),
      deps: this.#deps.slice(0, this.#edges),
    };
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
