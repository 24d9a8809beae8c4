/** How the soak's model server can be made to fail, by a word in a question. */
export const upstreamFaults = [
  'fault-hang',
  'fault-reset',
  'fault-broken',
  'fault-500',
  'fault-429',
  'fault-html',
  'fault-trickle',
] as const;

/** How many items there are, each in a document of its own. */
export const items = 300;

/** The code of an item, which no other has. */
export const codeOf = (item: number) => `K${((item + 1) * 7919).toString(36)}-${item}`;

export const sourceOf = (item: number) => `item-${item}.md`;
export const textOf = (item: number) =>
  `# Item ${item}\n\nThe code of item ${item} is ${codeOf(item)}. It is kept in hall ${item % 7}.`;
export const questionOf = (item: number) => `What is the code of item ${item}?`;
