// @ts-check

/**
 * The dropped files, and those in dropped folders, each with its path as its source.
 * @param {DataTransfer} dropped
 * @returns {Promise<{ file: File, source: string }[]>}
 */
export async function filesOf({ items }) {
  const files = [...items].filter(({ kind }) => kind === 'file');
  // Entries and files can't be read any more once the event is over, so they are all taken before the first await.
  const dropped = files.map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  /** @param {any} entry @returns {Promise<{ file: File, source: string }[]>} */
  const read = async (entry) => {
    if (entry === null) return [];
    if (entry instanceof File) return [{ file: entry, source: entry.name }];
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      return [{ file, source: entry.fullPath.replace(/^\//, '') }];
    }
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return (await Promise.all(found.map(read))).flat();
      found.push(...some);
    }
  };
  return (await Promise.all(dropped.map(read))).flat();
}
