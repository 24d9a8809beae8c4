/** Reads Prometheus' text format: gives the value of a sample by its name and labels as they stand there. */
export function samplesOf(text: string) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const samples = new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line]));
  const read = (sample: string) => {
    const line = samples.get(sample);
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
  };
  /** All samples of a name, by their labels, as they stand there. */
  const all = (name: string) =>
    lines.flatMap((line) => (line.startsWith(`${name}{`) ? [line.slice(name.length)] : [])).sort();
  return Object.assign(read, { all });
}
