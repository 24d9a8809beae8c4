const names = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** What the parts of a table stand in: where one opens, all that is open within this ends. */
const holders = new Map<string, ReadonlySet<string>>([
  ...['td', 'th'].map((name) => [name, names('tr tbody thead tfoot table')] as const),
  ['tr', names('tbody thead tfoot table')],
  ...['tbody', 'thead', 'tfoot', 'caption', 'colgroup', 'col'].map((name) => [name, names('table')] as const),
]);
const cellsAndTables = names('td th caption table');
/** What an item ends where it opens. */
const items = new Map([
  ['li', names('li')],
  ['dd', names('dd dt')],
  ['dt', names('dd dt')],
]);
/** What an item ends across, besides inline elements. */
const withinItems = names('address div p');
const paragraph = names('p');
const headings = names('h1 h2 h3 h4 h5 h6');
/** What ends a paragraph where it opens. */
const blocks = names(
  'address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav ol p plaintext pre search section summary table ul xmp',
);
/** What nothing ends a paragraph across: all but inline elements, and these two, which browsers open again in the next paragraph. */
const barriers = new Set([
  ...blocks,
  ...cellsAndTables,
  ...'tr tbody thead tfoot colgroup html head body frameset applet object iframe marquee template title'.split(' '),
  ...'noscript script style button select textarea s strike'.split(' '),
]);
/** Inline elements that mean nothing to us. One that is never closed (`<a name=x>`, `<font>`) ends where its like opens. */
const inline = names('a b big em font i nobr small strong tt u');
/** Where more elements are open, an inline one ends with its closing tag whatever is open in it, or it would hold all that follows. */
const DEEPEST_INLINE = 100;

/** Where a tag's name stands in the source. */
export type Place = { start: number; end: number };
/** An open element, with the depth of the innermost element, this or one around it, of each of some kinds. */
type Opened = Place & { name: string; barrier: number; itemBarrier: number; notInline: number; cellOrTable: number };

const outermost = { barrier: -1, itemBarrier: -1, notInline: -1, cellOrTable: -1 };

/**
 * The elements that are open at a place of an HTML document, and which of them end there although nothing closes them, by the HTML
 * standard. An element's depth is the number of those around it. No answer takes longer where more elements are open.
 */
export class OpenElements {
  readonly #opened: Opened[] = [];
  /** The depths of the open elements of each name. */
  readonly #depths = new Map<string, number[]>();

  get count(): number {
    return this.#opened.length;
  }

  innermost(): Opened {
    return this.#opened.at(-1)!;
  }

  push(name: string, place: Place): void {
    const depth = this.#opened.length;
    const outer = this.#opened.at(-1) ?? outermost;
    const isBarrier = barriers.has(name) && name !== 'p';
    this.#opened.push({
      ...place,
      name,
      barrier: isBarrier ? depth : outer.barrier,
      itemBarrier: isBarrier && !withinItems.has(name) ? depth : outer.itemBarrier,
      notInline: inline.has(name) ? outer.notInline : depth,
      cellOrTable: cellsAndTables.has(name) ? depth : outer.cellOrTable,
    });
    const depths = this.#depths.get(name);
    if (depths) depths.push(depth);
    else this.#depths.set(name, [depth]);
  }

  pop(): void {
    const { name } = this.#opened.pop()!;
    this.#depths.get(name)!.pop();
  }

  /** How many of the open elements stay open where one with this name opens. */
  keptBefore(name: string): number {
    const holder = holders.get(name);
    if (holder) return this.#depthOf(holder) + 1 || this.count;
    if (inline.has(name)) return this.#within('notInline', [name]) ?? this.count;
    const ended = items.get(name);
    const keep = Math.min(
      (ended && this.#within('itemBarrier', ended)) ?? this.count,
      (blocks.has(name) ? this.#within('barrier', paragraph) : undefined) ?? this.count,
    );
    return headings.has(name) && headings.has(this.#opened[keep - 1]?.name ?? '') ? keep - 1 : keep;
  }

  /** The depth of the heading that a closing tag ends although its name is another heading's, if there is one. */
  misspeltHeading(name: string): number | undefined {
    const depth = headings.has(name) ? this.#within('cellOrTable', headings) : undefined;
    return depth !== undefined && this.#opened[depth]!.name !== name ? depth : undefined;
  }

  /**
   * Whether a closing tag means nothing: the element that it would end is outside of the cell or table that the tag is in, or is an inline
   * one in which a paragraph or another block is open.
   */
  endsNothing(name: string): boolean {
    const depth = this.#depthOf([name]);
    if ((inline.has(name) || name === 'span') && this.count <= DEEPEST_INLINE) {
      const block = Math.max(this.#opened.at(-1)?.barrier ?? -1, this.#depthOf(paragraph));
      if (depth >= 0 && depth < block) return true;
    }
    const isTablePart = name === 'table' || holders.has(name);
    const bound = isTablePart ? this.#depthOf(['table']) : (this.#opened.at(-1)?.cellOrTable ?? -1);
    return depth >= 0 && depth < bound;
  }

  /** The depth of the innermost element with such a name if no element of this kind is within it. */
  #within(kind: keyof typeof outermost, sought: Iterable<string>): number | undefined {
    const depth = this.#depthOf(sought);
    return depth >= 0 && depth >= this.#opened.at(-1)![kind] ? depth : undefined;
  }

  /** The depth of the innermost element with such a name, or -1. */
  #depthOf(sought: Iterable<string>): number {
    let depth = -1;
    for (const name of sought) depth = Math.max(depth, this.#depths.get(name)?.at(-1) ?? -1);
    return depth;
  }
}
