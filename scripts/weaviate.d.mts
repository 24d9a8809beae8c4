/** The path of the engine, whether or not it has been built. */
export const weaviateBinary: string;
/** Builds the engine if it is missing. @returns its path */
export function installWeaviate(): string;
