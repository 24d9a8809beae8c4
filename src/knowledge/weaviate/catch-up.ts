import { versionClasses } from './classes.ts';
import type { Engine } from './engine.ts';
import type { Node } from './nodes.ts';

/** Collections that are counted by one query. */
const countedAtOnce = 25;
const counted = ['AssayDocument', ...versionClasses];

/**
 * Tells whether a node has all of every collection that another has. One that was away has not what was written meanwhile; the engine
 * brings it there by and by, and says nothing when it is done, while searches on that node miss it. What a majority has written
 * is on one of any two nodes, so two that hold the same lack nothing: as many objects, of the same versions. While there is writing,
 * a collection may be equal at one moment and not at the next: once is enough.
 *
 * Both must also take the same nodes for their cluster. One that came back and found none of the others says that it is ready, and
 * of all copies knows its own: that is a majority then, which reads what it had when it went.
 */
export function createCatchUp(engine: Engine) {
  /** The collections in which a node was never equal since it was last lost. */
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
