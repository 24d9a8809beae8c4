const clauseNumber = /^[ \t]*(\d{1,3}(?:\.\d{1,3}){1,4})\.?[ \t]+\S/;
const anyNumber = /^[ \t]*(?:#{1,6}[ \t]+)?(\d{1,3}(?:\.\d{1,3}){0,4})[.)]?[ \t]+\S/;

/**
 * Where the lines begin that begin a clause with a number of several levels, as in contracts and standards ("4.1 The liability is
 * …"). Since a wrapped line may begin with any number ("at least\n2.5 metres"), it counts only
 * where another line has the number before or after it, or the first clause's own heading stands above ("4. Liability").
 */
export function clauseStarts(text: string): number[] {
  let start = 0;
  const lines = text.split('\n').map((line) => {
    const at = start;
    start += line.length + 1;
    return { line, start: at };
  });
  const numbers = new Set(lines.flatMap(({ line }) => anyNumber.exec(line)?.[1] ?? []));
  return lines.flatMap((each) => {
    const number = clauseNumber.exec(each.line)?.[1];
    return number && neighboursOf(number).some((other) => numbers.has(other)) ? [each.start] : [];
  });
}

/** The numbers of the clauses before and after one; before the first one, that of its heading. */
function neighboursOf(number: string): [string, string] {
  const dot = number.lastIndexOf('.');
  const [heading, last] = [number.slice(0, dot), Number(number.slice(dot + 1))];
  return [last > 1 ? `${heading}.${last - 1}` : heading, `${heading}.${last + 1}`];
}

/** Whether a line only names the clauses that are numbered below it, as "4. Liability" before "4.1 …". */
export function namesClauses(line: string, textAfter: string): boolean {
  const number = anyNumber.exec(line)?.[1];
  return number !== undefined && clauseNumber.exec(textAfter.trimStart())?.[1] === `${number}.1`;
}
