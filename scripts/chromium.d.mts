/** The path of a Chromium, installed first where need be. @throws an Error with a sentence for people where none can be had */
export function ensureChromium(): Promise<string>;
