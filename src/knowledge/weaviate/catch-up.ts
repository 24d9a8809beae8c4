import { versionClasses } from './classes.ts';
import type { Engine } from './engine.ts';
import type { Node } from './nodes.ts';

/** How many collections one query counts. */
const countedAtOnce = 25;
const counted = ['AssayDocument', ...versionClasses];

/**
 * Tells whether a node holds everything in every collection that another node holds. A node that was away lacks what was written
 * meanwhile; the engine copies it there bit by bit without saying when it is done, and until then searches on that node miss it. What a
 * majority has written is on at least one of any two nodes, so two nodes that hold the same (as many objects, of the same versions) lack
 * nothing. During writes a collection may be equal at one moment and not at the next: having been equal once is enough.
 *
 * Both nodes must also count the same nodes as their cluster. A node that comes back and finds none of the others says that it is ready
 * but knows only its own copies: it takes these for a majority, and reads what it had when it went away.
 * @returns a function that resolves to whether `node` holds all that `other` holds
 */
export function createCatchUp(engine: Engine) {
  /** For each node, the collections in which it hasn't been equal since it was last lost. */
  const behind = new WeakMap<Node, { left: Set<string>; lostAt: number }>();

  async function counts(node: Node, names: string[]): Promise<string[]> {
    const parts = names.flatMap((name, at) =>
      counted.map(
        (className) => `${className}${at}:${className}(tenant:${JSON.stringify(name)}){meta{count} mark{sum}}`,
      ),
    );
    const found = await engine.queryAt<Record<string, unknown>>(node, 'Aggregate', parts.join(' '));
    return names.map((_, at) => JSON.stringify(counted.map((className) => found[`${className}${at}`])));
  }

  return async (node: Node, other: Node): Promise<boolean> => {
    const { lostAt } = node;
    const [members, theirMembers] = await Promise.all([engine.membersAt(node), engine.membersAt(other)]);
    if (members.join() !== theirMembers.join()) return false;
    const known = behind.get(node);
    const left = known?.lostAt === lostAt ? known.left : new Set(await engine.collectionsAt(other));
    behind.set(node, { left, lostAt });
    try {
      const names = [...left];
      for (let at = 0; at < names.length; at += countedAtOnce) {
        const some = names.slice(at, at + countedAtOnce);
        const [own, theirs] = await Promise.all([counts(node, some), counts(other, some)]);
        for (const [place, name] of some.entries()) if (own[place] === theirs[place]) left.delete(name);
      }
    } catch (error) {
      behind.delete(node); // a collection may be gone by now
      throw error;
    }
    if (left.size > 0) return false;
    behind.delete(node);
    return true;
  };
}
