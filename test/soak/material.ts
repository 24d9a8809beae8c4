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
export const items = 200;

const syllables = ['ba', 'co', 'du', 'fe', 'gi', 'ka', 'lo', 'mu', 'ne', 'pi', 'ra', 'so', 'tu', 've', 'zi'];

/** An item's name, a word that no other text holds. */
export const nameOf = (item: number) => `${syllables[item % 15]}${syllables[Math.floor(item / 15) % 15]}x`;

/** The code of an item, which no other has. */
export const codeOf = (item: number) => `K${((item + 1) * 7919).toString(36)}-${item}`;

/** The item that a prompt asks for: its question comes after the passages. */
export function itemAskedFor(prompt: string): number {
  const [, name] = [...prompt.matchAll(/code of (\w+)\?/g)].at(-1) ?? [];
  return numbers.get(name ?? '') ?? 0;
}
const numbers = new Map(Array.from({ length: items }, (_, item) => [nameOf(item), item]));

export const sourceOf = (item: number) => `${nameOf(item)}.md`;
export const textOf = (item: number) =>
  `# ${nameOf(item)}\n\nThe code of ${nameOf(item)} is ${codeOf(item)}. It is kept in hall ${item % 7}.`;
export const questionOf = (item: number) => `What is the code of ${nameOf(item)}?`;
