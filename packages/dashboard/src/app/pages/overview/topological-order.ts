import type { GroupEntry } from "@heddle/protocol/dashboard";

/** Groups after those they take inputs from; else as they came. Groups may well depend on each other in a circle, tasks cannot. */
export function inTopologicalOrder(groups: readonly GroupEntry[]): readonly GroupEntry[] {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const seen = new Set<number>();
  const order: GroupEntry[] = [];
  const visit = (group: GroupEntry): void => {
    // Depth first with a stack of its own: a chain of groups may be longer than the engine's stack.
    const stack: { readonly group: GroupEntry; next: number }[] = [{ group, next: 0 }];
    seen.add(group.id);
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const upstream = top.group.upstream[top.next++];
      if (upstream === undefined) {
        order.push(top.group);
        stack.pop();
        continue;
      }
      const before = byId.get(upstream);
      if (!before || seen.has(upstream)) continue;
      seen.add(upstream);
      stack.push({ group: before, next: 0 });
    }
  };
  for (const group of groups) if (!seen.has(group.id)) visit(group);
  return order;
}
