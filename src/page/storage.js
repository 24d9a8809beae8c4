// @ts-check
// The browser's storage; where that is unavailable (by a setting) or full, values are kept for as long as the page is open.

/** @param {() => Storage} open opens the storage, which the browser may refuse */
function keptIn(open) {
  /** @type {Map<string, string>} */
  const meanwhile = new Map();
  return {
    /** @param {string} name */
    read(name) {
      try {
        // What could not be stored is newer than what is stored.
        return meanwhile.get(name) ?? open().getItem(name);
      } catch {
        return meanwhile.get(name) ?? null;
      }
    },
    /**
     * @param {string} name
     * @param {string | null} value null forgets it
     */
    write(name, value) {
      meanwhile.delete(name);
      try {
        if (value === null) open().removeItem(name);
        else open().setItem(name, value);
      } catch {
        if (value !== null) meanwhile.set(name, value);
      }
    },
  };
}

/** Values kept until the tab is closed. */
export const forTab = keptIn(() => sessionStorage);
/** Values kept from visit to visit. */
export const forBrowser = keptIn(() => localStorage);
