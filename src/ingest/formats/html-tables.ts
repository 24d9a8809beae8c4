import type { DomNode, FormatCallback } from 'html-to-text';
import { close, nextCell, open } from './html-marks.ts';

/** A longer text (in UTF-16 code units) isn't repeated in the rows that its cell spans; a longer list isn't put into a row. */
const LONGEST_REPEATED = 100;
const LONGEST_LIST = 200;
/** How many cells may be filled in for each cell of a table, whatever its attributes say. */
const FILLED_PER_CELL = 4;

const isCell = ({ name }: DomNode) => name === 'td' || name === 'th';
const partsOf = ({ children = [] }: DomNode) => children.filter(({ name }) => /^t(?:head|body|foot)$/.test(name ?? ''));
const rowsOf = (table: DomNode): DomNode[] =>
  (table.children ?? []).flatMap((child) =>
    child.name === 'tr' ? [child] : /^t(?:head|body|foot)$/.test(child.name ?? '') ? rowsOf(child) : [],
  );

/** Gives cells that stand in no row one of their own, as browsers do. */
function putCellsInRows(part: DomNode): void {
  const children: DomNode[] = [];
  let row: DomNode | undefined;
  for (const child of part.children ?? []) {
    if (!isCell(child)) {
      if (child.type === 'tag') row = undefined;
      children.push(child);
      continue;
    }
    if (!row) {
      row = { type: 'tag', name: 'tr', attribs: {}, children: [], parent: part };
      children.push(row);
    }
    child.parent = row;
    row.children?.push(child);
  }
  part.children = children;
}

/** The `data` of a table with header cells, and of a list that is a value in one of its rows. */
const IN_ROW = 'in row';

/** The formatters of tables, rows and cells. */
export const tableFormatters: Record<'table' | 'row' | 'cell', FormatCallback> = {
  table(element, walk, builder) {
    for (const part of [element, ...partsOf(element)]) putCellsInRows(part);
    if (!isLayout(element)) fillMergedCells(element);
    if (hasHeaderCells(element)) element.data = IN_ROW;
    builder.openBlock({ leadingLineBreaks: 2 });
    builder.addInline(open('table'));
    walk(element.children, builder);
    builder.addInline(close);
    builder.closeBlock({ trailingLineBreaks: 2 });
  },
  row(element, walk, builder) {
    const beforeFirst = element.children.some(({ type, data }) => type === 'text' && data?.trim()) ? ' ' : '';
    element.children.filter(isCell).forEach((cell, column) => {
      cell.data = column === 0 ? beforeFirst : nextCell;
    });
    builder.openBlock({ leadingLineBreaks: 1 });
    builder.addInline(open('row'));
    walk(element.children, builder);
    builder.addInline(close);
    builder.closeBlock({ trailingLineBreaks: 1 });
  },
  cell(element, walk, builder) {
    builder.addInline(element.data ?? '');
    walk(element.children, builder);
  },
};

/** Whether a list is a value in a row: a short list in a cell of a table with header cells, or a list within such a list. */
export function isRowValue(list: DomNode): boolean {
  if (list.parent?.name === 'li') return list.parent.parent?.data === IN_ROW;
  let outer = list.parent;
  while (outer && outer.name !== 'table') outer = outer.parent;
  return outer?.data === IN_ROW && textLength(list, LONGEST_LIST) <= LONGEST_LIST;
}

export const keepInRow = (list: DomNode): void => {
  list.data = IN_ROW;
};
export const isInRow = (list: DomNode): boolean => list.data === IN_ROW;

/**
 * Whether a table only lays out a page or a mail: it says so, or holds other tables and has no header cells. Merged cells head no rows
 * there.
 */
const isLayout = (table: DomNode): boolean =>
  /^(?:presentation|none)$/.test(table.attribs?.role ?? '') ||
  (!hasHeaderCells(table) && rowsOf(table).some(holdsTable));

const holdsTable = ({ children = [] }: DomNode): boolean =>
  children.some((child) => child.name === 'table' || holdsTable(child));

/** A cell that continues in the rows below. */
type Spanning = { cell: DomNode; rowsLeft: number };

/**
 * Gives the rows of a table the cells that merged cells leave out, so that each value keeps its column: an empty cell for each further
 * column; for each further row, the same text again if it is short, because a row must make sense alone.
 */
function fillMergedCells(table: DomNode): void {
  const rows = rowsOf(table).map((row) => ({ row, cells: (row.children ?? []).filter(isCell) }));
  const widest = rows.reduce((most, { cells }) => Math.max(most, cells.length), 0);
  let left = FILLED_PER_CELL * rows.reduce((sum, { cells }) => sum + cells.length, 0);
  let above = new Map<number, Spanning>();
  let group: DomNode['parent'] = table;
  for (const { row, cells } of rows) {
    // No cell continues beyond its `thead` or `tbody`.
    if (row.parent !== group) above = new Map();
    group = row.parent;
    const below = new Map<number, Spanning>();
    const filled: DomNode[] = [];
    let end = 0;
    const add = (cell: DomNode, rowsLeft: number, isOwn = false) => {
      if (rowsLeft > 0) below.set(filled.length, { cell: repeated(cell, row), rowsLeft });
      filled.push(cell);
      if (cell.children?.length || isOwn) end = filled.length;
    };
    const addSpanning = () => {
      for (let spanning = above.get(filled.length); spanning && left > 0; spanning = above.get(filled.length), left--)
        add({ ...spanning.cell, parent: row }, spanning.rowsLeft - 1);
    };
    for (const cell of cells) {
      addSpanning();
      const rowsLeft = spanOf(cell, 'rowspan') - 1;
      const columns = Math.min(spanOf(cell, 'colspan'), widest);
      add(cell, rowsLeft, true);
      for (let column = 1; column < columns && left > 0; column++, left--) add(emptyCell(row), rowsLeft);
    }
    addSpanning();
    const others = (row.children ?? []).filter((child) => !isCell(child));
    row.children = [...others, ...filled.slice(0, end)];
    above = below;
  }
}

const emptyCell = (row: DomNode): DomNode => ({ type: 'tag', name: 'td', attribs: {}, children: [], parent: row });

const repeated = (cell: DomNode, row: DomNode): DomNode =>
  textLength(cell, LONGEST_REPEATED) > LONGEST_REPEATED ? emptyCell(row) : cell;

function spanOf({ attribs }: DomNode, attribute: 'rowspan' | 'colspan'): number {
  const span = attribs?.[attribute] ?? '';
  return /^\s*\d{1,4}\s*$/.test(span) ? Math.max(1, Number(span)) : 1;
}

const hasHeaderCells = (table: DomNode): boolean =>
  rowsOf(table).some(({ children = [] }) => children.some(({ name }) => name === 'th'));

/**
 * The length of an element's text, each element counting as a letter, determined only until it exceeds `enough`. Tables and headings
 * count as infinitely long: if repeated, tables within tables would grow without end.
 */
function textLength({ type, name, data, children = [] }: DomNode, enough: number): number {
  if (/^(?:table|h[1-6])$/.test(name ?? '')) return Number.POSITIVE_INFINITY;
  let length = type === 'text' ? (data?.length ?? 0) : 1;
  for (const child of children) {
    if (length > enough) break;
    length += textLength(child, enough - length);
  }
  return length;
}
