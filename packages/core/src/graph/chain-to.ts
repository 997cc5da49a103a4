/** The nodes that lead to one, first to last. @param before - by node, the one before it; -1 for none */
export function chainTo(last: number, before: Int32Array): number[] {
  const chain: number[] = [];
  for (let node = last; node >= 0; node = before[node] ?? -1) chain.push(node);
  return chain.reverse();
}
