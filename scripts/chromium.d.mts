/** The path of a Chromium, installed first if necessary. @throws an Error with a message for people if there can be none */
export function ensureChromium(): Promise<string>;
