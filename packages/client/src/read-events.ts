/** Reads server-sent events whose data is JSON, however the bytes are split. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<{ event: string; data: unknown }> {
  // A reader, since not every browser's streams, nor every project's types, can be iterated.
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const events = (rest + decoder.decode(read.value, { stream: true })).split(/\r?\n\r?\n/);
      rest = events.pop()!;
      for (const text of events) {
        // No other separators: U+2028 may stand in the data itself.
        const lines = text.split(/\r?\n/);
        const field = (name: string) =>
          lines
            .find((line) => line.startsWith(`${name}:`))
            ?.slice(name.length + 1)
            .trim();
        const data = field('data');
        if (data !== undefined) yield { event: field('event') ?? 'message', data: JSON.parse(data) };
      }
    }
  } finally {
    await reader.cancel().catch(() => {}); // leaving the loop ends the reply
  }
}
