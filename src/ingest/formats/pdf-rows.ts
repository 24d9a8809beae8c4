import { CELL, joinLines, type Line } from './pdf-paragraphs.ts';

/** A longer row (in UTF-16 code units) is prose in columns. */
const LONGEST_ROW = 600;
/** How many times its letter size a line in a cell may be below the last one, begin beside it, and a cell begin above the last one's end. */
const LINE_GAP = 1.6;
const INDENT = 1;
const HIGHEST_CELL = 15;

/** Consecutive lines that may be a row of a table, each cell of which may have several. */
type Row = { cells: Line[][]; right: number };

/**
 * Puts the rows of tables together whose cells have several lines: most programs draw all lines of a cell before the next cell, which
 * begins on its right and higher up. A row is one only beside another that begins at the same distance from the left.
 */
export function withWholeRows(lines: Line[]): Line[] {
  const rows: Row[] = [];
  for (const line of lines) {
    const row = rows.at(-1);
    const cell = row?.cells.at(-1);
    if (row && cell && goesOn(cell, line)) cell.push(line);
    else if (row && cell && isNextCell(row, cell.at(-1)!, line)) row.cells.push([line]);
    else rows.push({ cells: [[line]], right: line.right });
    rows.at(-1)!.right = Math.max(rows.at(-1)!.right, line.right);
  }
  const whole = rows.map(joined);
  return rows.flatMap(({ cells }, index) => {
    const line = whole[index];
    const beside = [whole[index - 1], whole[index + 1]];
    const isOfTable = beside.some((other) => line && other && Math.abs(line.left - other.left) <= line.size);
    return line && isOfTable ? line : cells.flat();
  });
}

/** Whether a line is the next one in a cell, which is the last in its row. */
function goesOn(cell: Line[], line: Line): boolean {
  const [first, last] = [cell[0]!, cell.at(-1)!];
  const gap = last.baseline - line.baseline;
  const isBelow = gap > 0 && gap <= line.size * LINE_GAP;
  return isBelow && !line.isRow && Math.abs(line.left - first.lastLeft) <= line.size * INDENT;
}

/** Whether a line begins another cell: to the right of all others, and not below them. */
function isNextCell(row: Row, last: Line, line: Line): boolean {
  const rise = line.baseline - last.baseline;
  return line.left > row.right && rise > 0 && rise <= line.size * HIGHEST_CELL;
}

/** A row on one line; null for prose, and where it would be too long. */
function joined({ cells, right }: Row): Line | null {
  const text = cells.map((cell) => joinLines(cell).replaceAll('\n', ' ')).join(CELL);
  if (!text.includes(CELL) || text.length > LONGEST_ROW) return null;
  const baselines = cells.flat().map(({ baseline }) => baseline);
  const [baseline, bottom] = [Math.max(...baselines), Math.min(...baselines)];
  return { ...cells[0]![0]!, text, right, isRow: true, baseline, bottom };
}
