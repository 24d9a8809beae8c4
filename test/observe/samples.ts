/** Reads Prometheus' text format: returns the value of a sample, named with its labels as they are written there. */
export function samplesOf(text: string) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const samples = new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line]));
  const read = (sample: string) => {
    const line = samples.get(sample);
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
  };
  /** All samples of a metric, each with its labels as they are written there. */
  const all = (name: string) =>
    lines.flatMap((line) => (line.startsWith(`${name}{`) ? [line.slice(name.length)] : [])).sort();
  return Object.assign(read, { all });
}
