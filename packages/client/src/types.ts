import type { paths } from './schema.ts';

type Method = 'get' | 'post' | 'put' | 'delete';
type Operation<Path extends keyof paths, Verb extends Method> = NonNullable<paths[Path][Verb]>;
type Json<Content> = Content extends { content: { 'application/json': infer Body } } ? Body : never;
/** The body of a route's reply with status 200. */
export type Reply<Path extends keyof paths, Verb extends Method> =
  Operation<Path, Verb> extends { responses: { 200: infer Good } } ? Json<Good> : never;
type Body<Path extends keyof paths, Verb extends Method> =
  Operation<Path, Verb> extends { requestBody: infer Given } ? NonNullable<Json<Given>> : never;

/** An ask's request; everything but the question has a default. */
export type AskRequest = Omit<Body<'/ask', 'post'>, 'stream'>;
/** An ask's whole reply: answer, context, verdict, usage, timings. */
export type AskReply = Reply<'/ask', 'post'>;
export type Verdict = AskReply['verdict'];
/** A stretch of a document, word for word; offsets are in UTF-16 code units of the document's text. */
export type Passage = AskReply['context'][number];
export type SearchRequest = Body<'/search', 'post'>;
export type NewDocument = Body<'/documents', 'post'>;
/** What became of a document that was sent. */
export type WrittenDocument = Extract<Reply<'/documents', 'post'>, { id: string }>;
export type DocumentPage = Reply<'/documents', 'get'>;
export type DocumentSummary = DocumentPage['documents'][number];
export type StoredDocument = Reply<'/documents/{id}', 'get'>;
export type Collection = Reply<'/collections/{name}', 'get'>;
export type Health = Reply<'/health/ready', 'get'>;

/** The events of a streamed ask, in this order: the context, the text as it is written, the answer, its verdict, the whole reply. */
export type AskEvent =
  | { event: 'context'; data: Passage[] }
  | { event: 'token'; data: { text: string } }
  | { event: 'answer'; data: { text: string; abstained: boolean } }
  | { event: 'verdict'; data: Verdict }
  | { event: 'done'; data: AskReply };

/** The messages so far, oldest first; the last one is the user's and is the question. */
export type Conversation = { messages: { role: 'user' | 'assistant'; content: string }[]; collection?: string };
/** A reply in a conversation; `question` is the last message, rewritten to make sense by itself. */
export type ChatReply = Pick<AskReply, 'id' | 'question' | 'answer' | 'verdict' | 'context' | 'abstained'>;
/** The events of a streamed answer in a conversation: the text as it is written, then the whole reply. */
export type ChatEvent = { event: 'token'; data: { text: string } } | { event: 'done'; data: ChatReply };

/** A chunk of a streamed completion; the last one has the fields of the reply. */
export type ChatChunk = Omit<ChatReply, 'id' | 'answer'> & {
  choices: { delta: { content?: string } }[];
  ask_id?: string;
  error?: { message: string; code: string | null };
};

/** The state of an ingest of the service's own folder. */
export type Job = Reply<'/jobs/{id}', 'get'>;

/** The last argument of every call: a signal that ends it. */
export type Options = { signal?: AbortSignal };
/** What goes with files: a title only for a single file, metadata for all of them, and the encoding of texts that neither are UTF-8 nor declare theirs. */
export type FileFields = {
  collection?: string;
  title?: string;
  metadata?: Record<string, unknown>;
  charset?: string;
};
