// @ts-check
// What the browser keeps; where it keeps nothing (a setting, a full store), it is kept for as long as the page is open.

/** @param {() => Storage} open where to keep: opening it may be refused */
function keptIn(open) {
  /** @type {Map<string, string>} */
  const meanwhile = new Map();
  return {
    /** @param {string} name */
    read(name) {
      try {
        return open().getItem(name) ?? meanwhile.get(name) ?? null;
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

/** Until the tab is closed. */
export const forTab = keptIn(() => sessionStorage);
/** From visit to visit. */
export const forBrowser = keptIn(() => localStorage);
