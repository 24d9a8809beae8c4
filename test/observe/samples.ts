/** Reads Prometheus' text format: gives the value of a sample by its name and labels as they stand there. */
export function samplesOf(text: string): (sample: string) => number | undefined {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const samples = new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line]));
  return (sample) => {
    const line = samples.get(sample);
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
  };
}
