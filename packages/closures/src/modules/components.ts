/**
 * Strongly connected components, by Tarjan ("Depth-first search and linear graph algorithms", 1972): what refers to each other in a
 * cycle travels as one.
 *
 * @param close - called with the members of each component, after those of all that it leads to
 */
export function components(
  root: string,
  targetsOf: (node: string) => Iterable<string>,
  close: (members: readonly string[]) => void,
): void {
  const visited = new Map<string, { readonly order: number; low: number; open: boolean }>();
  const stack: string[] = [];
  const visit = (node: string): number => {
    const state = { order: visited.size, low: visited.size, open: true };
    visited.set(node, state);
    stack.push(node);
    for (const target of targetsOf(node)) {
      const known = visited.get(target);
      if (known === undefined) state.low = Math.min(state.low, visit(target));
      else if (known.open) state.low = Math.min(state.low, known.order);
    }
    if (state.low === state.order) {
      const members = stack.splice(stack.lastIndexOf(node));
      for (const member of members) visited.get(member)!.open = false;
      close(members);
    }
    return state.low;
  };
  visit(root);
}
