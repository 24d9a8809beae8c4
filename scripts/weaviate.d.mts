/** Where the engine is, or would be. */
export const weaviateBinary: string;
/** Builds the engine where it is missing; returns where it is. */
export function installWeaviate(): string;
