/** The weight, 0 to 1, that a client gives to a name in a header such as Accept; 0 where it isn't listed. */
export function weightOf(header: string | string[] | undefined, name: string): number {
  const listed = String(header ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.split(';').map((piece) => piece.trim()));
  const [, ...parameters] = listed.find(([each]) => each === name) ?? [name, 'q=0'];
  const weight = Number(parameters.find((each) => each.startsWith('q='))?.slice(2) ?? 1);
  return Number.isNaN(weight) ? 0 : weight;
}

/** Whether a client wants server-sent events at least as much as JSON. */
export function wantsEvents(accept: string | undefined): boolean {
  const events = weightOf(accept, 'text/event-stream');
  return events > 0 && events >= weightOf(accept, 'application/json');
}
