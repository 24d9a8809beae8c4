/** A model of an OpenAI-compatible server: its name, where it is, and how patient a call to it is. */
export type ServedModel = {
  model: string;
  /** Absent: OpenAI's own. */
  baseUrl?: string | undefined;
  apiKey: string;
  maxRetries: number;
  /** The deadline of one call. */
  timeoutMs: number;
};
