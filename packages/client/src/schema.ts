// Written by npm run client from the service's own /openapi.json; not to be changed by hand.

export interface paths {
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process answers */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the service can answer, and what it is made of */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics in Prometheus’ text format */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ask": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answer a question from the documents of a collection, and say whether the answer can be trusted */
        post: operations["ask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/asks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The stored record of an ask, its trace included */
        get: operations["getAsk"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Find the passages for a question; no model is called but the embedding */
        post: operations["search"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The documents of a collection, by source */
        get: operations["listDocuments"];
        put?: never;
        /** Add documents, or replace those of the same source: JSON for one text, multipart/form-data for files */
        post: operations["addDocuments"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/documents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One document with its text, into which every offset points */
        get: operations["getDocument"];
        put?: never;
        post?: never;
        /** Remove a document */
        delete: operations["removeDocument"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/collections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The collections */
        get: operations["listCollections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/collections/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One collection */
        get: operations["getCollection"];
        /** Make a collection */
        put: operations["createCollection"];
        post?: never;
        /** Remove a collection and all its documents; default is emptied */
        delete: operations["removeCollection"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ingest the documents of CORPUS_DIR in the background; the job that is running is returned where there is one */
        post: operations["startJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a job is; with Accept: text/event-stream, told again each time it gets further */
        get: operations["getJob"];
        put?: never;
        post?: never;
        /** Cancel a job; what it has stored stays */
        delete: operations["cancelJob"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The models for OpenAI clients: each collection, with and without the verdict as a footnote */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One model */
        get: operations["retrieveModel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/chat/completions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answer the last message of a conversation, for OpenAI clients; the verdict comes as further fields */
        post: operations["createChatCompletion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/embeddings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The vectors of texts, for OpenAI clients, by the embedding model that the service uses */
        post: operations["createEmbedding"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/mcp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The Model Context Protocol: tools ask, search and add_document, documents as resources */
        post: operations["sendMcpMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: never;
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "live";
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "ready";
                        documents: number;
                        passages: number;
                        models: {
                            provider: string;
                            chat: string | null;
                            evaluation: string;
                            embedding: string;
                        };
                        versions: {
                            [key: string]: string;
                        };
                        /** @enum {string} */
                        redis?: "up" | "down";
                    };
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    ask: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    question: string;
                    /**
                     * @description The documents to answer from.
                     * @default default
                     */
                    collection?: string;
                    /** @description How many passages to answer from; by default TOP_K. */
                    topK?: number;
                    /**
                     * @description What the judge sees: the passages too (context), question and answer alone (answer), or two judges (both).
                     * @default context
                     * @enum {string}
                     */
                    evaluation?: "context" | "answer" | "both" | "none";
                    /**
                     * @description What becomes of an answer judged Incorrect: it is returned, tried once more, or withheld.
                     * @default return
                     * @enum {string}
                     */
                    onIncorrect?: "return" | "retry" | "abstain";
                    /**
                     * @description Whether the reply is server-sent events.
                     * @default false
                     */
                    stream?: boolean;
                    /**
                     * @description Whether the reply has every step that led to it.
                     * @default false
                     */
                    trace?: boolean;
                };
            };
        };
        responses: {
            /** @description JSON, or server-sent events: context, token…, answer, verdict, done; or error */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Finds the ask again at GET /asks/{id}. */
                        id: string;
                        question: string;
                        answer: string;
                        collection: string;
                        /** @description The passages found for the question, best first. */
                        context: {
                            id: string;
                            documentId: string;
                            /** @description The name of its document, such as a relative path. */
                            source: string;
                            title: string;
                            /** @description Word for word: the text of the document from start to end. */
                            text: string;
                            /** @description Where it begins in the text of its document, in UTF-16 code units. */
                            start: number;
                            /** @description Where it ends there. */
                            end: number;
                            /** @description How relevant it is compared with the first passage of the same search, which always has 1, however well it fits. */
                            score: number;
                            rank: number;
                        }[];
                        verdict: {
                            /**
                             * @description Whether the passages bear the answer out.
                             * @enum {string}
                             */
                            label: "Correct" | "Incorrect" | "Unjudged";
                            /**
                             * @description Whether the judge saw the passages, or question and answer alone.
                             * @enum {string}
                             */
                            basis: "context" | "answer";
                            /** @description How likely the answer is right, where the judge can tell. */
                            score: number | null;
                            reason: string;
                            /** @description Quotations that stand in the passages word for word; others are dropped. */
                            evidence: {
                                /** @description Word for word: the text of the document from start to end. */
                                quote: string;
                                passageId: string;
                                /** @description Where it begins in the text of its document, in UTF-16 code units. */
                                start: number;
                                /** @description Where it ends there. */
                                end: number;
                            }[];
                            /** @description Why there was no judgement; null if there was one. */
                            problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                        };
                        /** @description With the evaluation both only. */
                        verdicts?: {
                            context: {
                                /**
                                 * @description Whether the passages bear the answer out.
                                 * @enum {string}
                                 */
                                label: "Correct" | "Incorrect" | "Unjudged";
                                /**
                                 * @description Whether the judge saw the passages, or question and answer alone.
                                 * @enum {string}
                                 */
                                basis: "context" | "answer";
                                /** @description How likely the answer is right, where the judge can tell. */
                                score: number | null;
                                reason: string;
                                /** @description Quotations that stand in the passages word for word; others are dropped. */
                                evidence: {
                                    /** @description Word for word: the text of the document from start to end. */
                                    quote: string;
                                    passageId: string;
                                    /** @description Where it begins in the text of its document, in UTF-16 code units. */
                                    start: number;
                                    /** @description Where it ends there. */
                                    end: number;
                                }[];
                                /** @description Why there was no judgement; null if there was one. */
                                problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                            };
                            answer: {
                                /**
                                 * @description Whether the passages bear the answer out.
                                 * @enum {string}
                                 */
                                label: "Correct" | "Incorrect" | "Unjudged";
                                /**
                                 * @description Whether the judge saw the passages, or question and answer alone.
                                 * @enum {string}
                                 */
                                basis: "context" | "answer";
                                /** @description How likely the answer is right, where the judge can tell. */
                                score: number | null;
                                reason: string;
                                /** @description Quotations that stand in the passages word for word; others are dropped. */
                                evidence: {
                                    /** @description Word for word: the text of the document from start to end. */
                                    quote: string;
                                    passageId: string;
                                    /** @description Where it begins in the text of its document, in UTF-16 code units. */
                                    start: number;
                                    /** @description Where it ends there. */
                                    end: number;
                                }[];
                                /** @description Why there was no judgement; null if there was one. */
                                problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                            };
                        };
                        /** @description Whether no answer was given: the documents hold none, or it was withheld. */
                        abstained: boolean;
                        /** @description 2 after a second try, otherwise 1. */
                        attempts: number;
                        /** @description What the model server reports for all calls of this ask; 0 without a language model. */
                        usage: {
                            promptTokens: number;
                            completionTokens: number;
                            modelCalls: number;
                        };
                        timings: {
                            retrieveMs: number;
                            answerMs: number;
                            evaluateMs: number;
                            totalMs: number;
                        };
                        /** @description The steps, if they were asked for. */
                        trace?: {
                            name: string;
                            /** @enum {string} */
                            kind: "step" | "prompt" | "model" | "retriever" | "parser" | "other";
                            depth: number;
                            startMs: number;
                            durationMs: number;
                            input: unknown;
                            output: unknown;
                            failed: boolean;
                        }[];
                    };
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    getAsk: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Finds the ask again at GET /asks/{id}. */
                        id: string;
                        question: string;
                        answer: string;
                        collection: string;
                        /** @description The passages found for the question, best first. */
                        context: {
                            id: string;
                            documentId: string;
                            /** @description The name of its document, such as a relative path. */
                            source: string;
                            title: string;
                            /** @description Word for word: the text of the document from start to end. */
                            text: string;
                            /** @description Where it begins in the text of its document, in UTF-16 code units. */
                            start: number;
                            /** @description Where it ends there. */
                            end: number;
                            /** @description How relevant it is compared with the first passage of the same search, which always has 1, however well it fits. */
                            score: number;
                            rank: number;
                        }[];
                        verdict: {
                            /**
                             * @description Whether the passages bear the answer out.
                             * @enum {string}
                             */
                            label: "Correct" | "Incorrect" | "Unjudged";
                            /**
                             * @description Whether the judge saw the passages, or question and answer alone.
                             * @enum {string}
                             */
                            basis: "context" | "answer";
                            /** @description How likely the answer is right, where the judge can tell. */
                            score: number | null;
                            reason: string;
                            /** @description Quotations that stand in the passages word for word; others are dropped. */
                            evidence: {
                                /** @description Word for word: the text of the document from start to end. */
                                quote: string;
                                passageId: string;
                                /** @description Where it begins in the text of its document, in UTF-16 code units. */
                                start: number;
                                /** @description Where it ends there. */
                                end: number;
                            }[];
                            /** @description Why there was no judgement; null if there was one. */
                            problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                        };
                        /** @description With the evaluation both only. */
                        verdicts?: {
                            context: {
                                /**
                                 * @description Whether the passages bear the answer out.
                                 * @enum {string}
                                 */
                                label: "Correct" | "Incorrect" | "Unjudged";
                                /**
                                 * @description Whether the judge saw the passages, or question and answer alone.
                                 * @enum {string}
                                 */
                                basis: "context" | "answer";
                                /** @description How likely the answer is right, where the judge can tell. */
                                score: number | null;
                                reason: string;
                                /** @description Quotations that stand in the passages word for word; others are dropped. */
                                evidence: {
                                    /** @description Word for word: the text of the document from start to end. */
                                    quote: string;
                                    passageId: string;
                                    /** @description Where it begins in the text of its document, in UTF-16 code units. */
                                    start: number;
                                    /** @description Where it ends there. */
                                    end: number;
                                }[];
                                /** @description Why there was no judgement; null if there was one. */
                                problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                            };
                            answer: {
                                /**
                                 * @description Whether the passages bear the answer out.
                                 * @enum {string}
                                 */
                                label: "Correct" | "Incorrect" | "Unjudged";
                                /**
                                 * @description Whether the judge saw the passages, or question and answer alone.
                                 * @enum {string}
                                 */
                                basis: "context" | "answer";
                                /** @description How likely the answer is right, where the judge can tell. */
                                score: number | null;
                                reason: string;
                                /** @description Quotations that stand in the passages word for word; others are dropped. */
                                evidence: {
                                    /** @description Word for word: the text of the document from start to end. */
                                    quote: string;
                                    passageId: string;
                                    /** @description Where it begins in the text of its document, in UTF-16 code units. */
                                    start: number;
                                    /** @description Where it ends there. */
                                    end: number;
                                }[];
                                /** @description Why there was no judgement; null if there was one. */
                                problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                            };
                        };
                        /** @description Whether no answer was given: the documents hold none, or it was withheld. */
                        abstained: boolean;
                        /** @description 2 after a second try, otherwise 1. */
                        attempts: number;
                        /** @description What the model server reports for all calls of this ask; 0 without a language model. */
                        usage: {
                            promptTokens: number;
                            completionTokens: number;
                            modelCalls: number;
                        };
                        timings: {
                            retrieveMs: number;
                            answerMs: number;
                            evaluateMs: number;
                            totalMs: number;
                        };
                        /** @description The steps, if they were asked for. */
                        trace?: {
                            name: string;
                            /** @enum {string} */
                            kind: "step" | "prompt" | "model" | "retriever" | "parser" | "other";
                            depth: number;
                            startMs: number;
                            durationMs: number;
                            input: unknown;
                            output: unknown;
                            failed: boolean;
                        }[];
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    search: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    question: string;
                    /** @default default */
                    collection?: string;
                    /** @default 3 */
                    topK?: number;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        context: {
                            id: string;
                            documentId: string;
                            /** @description The name of its document, such as a relative path. */
                            source: string;
                            title: string;
                            /** @description Word for word: the text of the document from start to end. */
                            text: string;
                            /** @description Where it begins in the text of its document, in UTF-16 code units. */
                            start: number;
                            /** @description Where it ends there. */
                            end: number;
                            /** @description How relevant it is compared with the first passage of the same search, which always has 1, however well it fits. */
                            score: number;
                            rank: number;
                        }[];
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    listDocuments: {
        parameters: {
            query?: {
                collection?: string;
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        documents: {
                            id: string;
                            source: string;
                            title: string;
                            format: string;
                            metadata: {
                                [key: string]: unknown;
                            };
                            characters: number;
                            passages: number;
                            collection: string;
                            createdAt: string;
                            updatedAt: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    addDocuments: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description The name of the document, such as a relative path; one of the same name is replaced. */
                    source: string;
                    text: string;
                    /** @description By default the title that the text itself has, or else its source. */
                    title?: string;
                    /**
                     * @default text
                     * @enum {string}
                     */
                    format?: "text" | "markdown" | "html";
                    /** @description What you want to know of it later: up to 20,000 characters of JSON. */
                    metadata?: {
                        [key: string]: unknown;
                    };
                    /** @default default */
                    collection?: string;
                };
                "multipart/form-data": {
                    files: string[];
                    /** @default default */
                    collection?: string;
                    /** @description Where there is one file */
                    title?: string;
                    /** @description JSON, for each file */
                    metadata?: string;
                    /** @description The encoding of texts that neither are UTF-8 nor declare theirs */
                    charset?: string;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        source: string;
                        passages: number;
                        /** @description Whether this very document was there already, so that nothing was done. */
                        unchanged: boolean;
                        collection: string;
                    } | {
                        documents: {
                            id: string;
                            source: string;
                            passages: number;
                            /** @description Whether this very document was there already, so that nothing was done. */
                            unchanged: boolean;
                            collection: string;
                        }[];
                    };
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        source: string;
                        passages: number;
                        /** @description Whether this very document was there already, so that nothing was done. */
                        unchanged: boolean;
                        collection: string;
                    } | {
                        documents: {
                            id: string;
                            source: string;
                            passages: number;
                            /** @description Whether this very document was there already, so that nothing was done. */
                            unchanged: boolean;
                            collection: string;
                        }[];
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    getDocument: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        source: string;
                        title: string;
                        format: string;
                        metadata: {
                            [key: string]: unknown;
                        };
                        characters: number;
                        passages: number;
                        collection: string;
                        createdAt: string;
                        updatedAt: string;
                        text: string;
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    removeDocument: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    listCollections: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        collections: {
                            name: string;
                            documents: number;
                            passages: number;
                            createdAt: string;
                        }[];
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    getCollection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        documents: number;
                        passages: number;
                        createdAt: string;
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    createCollection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        documents: number;
                        passages: number;
                        createdAt: string;
                    };
                };
            };
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                        documents: number;
                        passages: number;
                        createdAt: string;
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    removeCollection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    startJob: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default default */
                    collection?: string;
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        collection: string;
                        /** @enum {string} */
                        status: "running" | "done" | "failed" | "cancelled";
                        startedAt: string;
                        endedAt: string | null;
                        error: string | null;
                        progress: {
                            files: number;
                            done: number;
                            added: number;
                            replaced: number;
                            unchanged: number;
                            skipped: number;
                            failed: {
                                source: string;
                                code: string;
                                message: string;
                            }[];
                        };
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description JSON, or server-sent events: progress…, done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        collection: string;
                        /** @enum {string} */
                        status: "running" | "done" | "failed" | "cancelled";
                        startedAt: string;
                        endedAt: string | null;
                        error: string | null;
                        progress: {
                            files: number;
                            done: number;
                            added: number;
                            replaced: number;
                            unchanged: number;
                            skipped: number;
                            failed: {
                                source: string;
                                code: string;
                                message: string;
                            }[];
                        };
                    };
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        collection: string;
                        /** @enum {string} */
                        status: "running" | "done" | "failed" | "cancelled";
                        startedAt: string;
                        endedAt: string | null;
                        error: string | null;
                        progress: {
                            files: number;
                            done: number;
                            added: number;
                            replaced: number;
                            unchanged: number;
                            skipped: number;
                            failed: {
                                source: string;
                                code: string;
                                message: string;
                            }[];
                        };
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    };
                };
            };
        };
    };
    listModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        object: "list";
                        data: {
                            id: string;
                            /** @enum {string} */
                            object: "model";
                            created: number;
                            owned_by: string;
                        }[];
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            message: string;
                            type: string;
                            param: string | null;
                            code: string | null;
                        };
                    };
                };
            };
        };
    };
    retrieveModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @enum {string} */
                        object: "model";
                        created: number;
                        owned_by: string;
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            message: string;
                            type: string;
                            param: string | null;
                            code: string | null;
                        };
                    };
                };
            };
        };
    };
    createChatCompletion: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    model: string;
                    messages: ({
                        /** @enum {string} */
                        role: "system" | "developer" | "user" | "assistant" | "tool" | "function";
                        content?: (string | ({
                            type: string;
                            text?: string;
                        } & {
                            [key: string]: unknown;
                        })[]) | null;
                    } & {
                        [key: string]: unknown;
                    })[];
                    stream?: boolean | null;
                    stream_options?: ({
                        include_usage?: boolean | null;
                    } & {
                        [key: string]: unknown;
                    }) | null;
                    n?: number | null;
                    tool_choice?: unknown;
                    function_call?: unknown;
                    response_format?: ({
                        type: string;
                    } & {
                        [key: string]: unknown;
                    }) | null;
                    modalities?: string[] | null;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description JSON, or server-sent events: chunks, as OpenAI has them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                        /** @enum {string} */
                        object: "chat.completion";
                        created: number;
                        model: string;
                        choices: {
                            index: number;
                            message: {
                                /** @enum {string} */
                                role: "assistant";
                                content: string;
                                refusal: null;
                            };
                            logprobs: null;
                            /** @enum {string} */
                            finish_reason: "stop" | "length";
                        }[];
                        usage: {
                            prompt_tokens: number;
                            completion_tokens: number;
                            total_tokens: number;
                        };
                        ask_id: string;
                        question: string;
                        verdict: {
                            /**
                             * @description Whether the passages bear the answer out.
                             * @enum {string}
                             */
                            label: "Correct" | "Incorrect" | "Unjudged";
                            /**
                             * @description Whether the judge saw the passages, or question and answer alone.
                             * @enum {string}
                             */
                            basis: "context" | "answer";
                            /** @description How likely the answer is right, where the judge can tell. */
                            score: number | null;
                            reason: string;
                            /** @description Quotations that stand in the passages word for word; others are dropped. */
                            evidence: {
                                /** @description Word for word: the text of the document from start to end. */
                                quote: string;
                                passageId: string;
                                /** @description Where it begins in the text of its document, in UTF-16 code units. */
                                start: number;
                                /** @description Where it ends there. */
                                end: number;
                            }[];
                            /** @description Why there was no judgement; null if there was one. */
                            problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                        };
                        /** @description The passages found for the question, best first. */
                        context: {
                            id: string;
                            documentId: string;
                            /** @description The name of its document, such as a relative path. */
                            source: string;
                            title: string;
                            /** @description Word for word: the text of the document from start to end. */
                            text: string;
                            /** @description Where it begins in the text of its document, in UTF-16 code units. */
                            start: number;
                            /** @description Where it ends there. */
                            end: number;
                            /** @description How relevant it is compared with the first passage of the same search, which always has 1, however well it fits. */
                            score: number;
                            rank: number;
                        }[];
                        /** @description Whether no answer was given: the documents hold none, or it was withheld. */
                        abstained: boolean;
                    };
                    "text/event-stream": string;
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            message: string;
                            type: string;
                            param: string | null;
                            code: string | null;
                        };
                    };
                };
            };
        };
    };
    createEmbedding: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    model: string;
                    input: string | string[];
                    encoding_format?: ("float" | "base64") | null;
                    dimensions?: number | null;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        object: "list";
                        data: {
                            /** @enum {string} */
                            object: "embedding";
                            index: number;
                            embedding: number[] | string;
                        }[];
                        model: string;
                        usage: {
                            prompt_tokens: number;
                            total_tokens: number;
                        };
                    };
                };
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            message: string;
                            type: string;
                            param: string | null;
                            code: string | null;
                        };
                    };
                };
            };
        };
    };
    sendMcpMessage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description A JSON-RPC message */
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {unknown} */
                    jsonrpc: "2.0";
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description JSON, or server-sent events: JSON-RPC messages */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "text/event-stream": string;
                };
            };
            /** @description What was sent needs no answer */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description What went wrong, with a code for programs */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        error: {
                            code: string;
                            message: string;
                            requestId: string;
                        };
                    } | {
                        /** @enum {string} */
                        jsonrpc: "2.0";
                        id: unknown;
                        error: {
                            code: number;
                            message: string;
                        };
                    };
                };
            };
        };
    };
}
