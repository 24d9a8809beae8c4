/** A failure that was foreseen: its message is one whole sentence for the person at the terminal, shown without a stack. */
export class SetupError extends Error {}
