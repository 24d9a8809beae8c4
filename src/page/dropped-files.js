// @ts-check

/** What is left out of a folder, as by `assay ingest`. @param {{ name: string }} entry */
const isLeftOut = ({ name }) => name.startsWith('.') || name === 'node_modules';

/**
 * The dropped files, and those in dropped folders, each with its path as its source; without what is hidden in the folders.
 * @param {DataTransfer} dropped
 * @returns {Promise<{ file: File | null, source: string }[]>} `file`: null for a file or folder that can't be read
 */
export async function filesOf({ items }) {
  const files = [...items].filter(({ kind }) => kind === 'file');
  // Entries and files can't be read any more once the event is over, so they are all taken before the first await.
  const dropped = files.map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  /** @param {any} entry @returns {Promise<{ file: File | null, source: string }[]>} */
  const read = async (entry) => {
    if (entry === null) return [];
    if (entry instanceof File) return [{ file: entry, source: entry.name }];
    const source = entry.fullPath.replace(/^\//, '');
    return readEntry(entry, source).catch(() => [{ file: null, source }]);
  };
  /** @param {any} entry @param {string} source @returns {Promise<{ file: File | null, source: string }[]>} */
  const readEntry = async (entry, source) => {
    if (entry.isFile) return [{ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), source }];
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return (await Promise.all(found.map(read))).flat();
      found.push(...some.filter((/** @type {{ name: string }} */ each) => !isLeftOut(each)));
    }
  };
  return (await Promise.all(dropped.map(read))).flat();
}
