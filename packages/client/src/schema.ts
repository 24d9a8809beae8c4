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
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
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
                /** @description Default Response */
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
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
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
                /** @description Default Response */
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
                /** @description Default Response */
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
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/plain": string;
                    };
                };
                /** @description Default Response */
                default: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/plain": {
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
        post: {
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
                        topK?: number;
                        /**
                         * @default context
                         * @enum {string}
                         */
                        evaluation?: "context" | "answer" | "both" | "none";
                        /**
                         * @default return
                         * @enum {string}
                         */
                        onIncorrect?: "return" | "retry" | "abstain";
                        /** @default false */
                        stream?: boolean;
                        /** @default false */
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
                            id: string;
                            question: string;
                            answer: string;
                            collection: string;
                            context: {
                                id: string;
                                documentId: string;
                                source: string;
                                title: string;
                                text: string;
                                start: number;
                                end: number;
                                /** @description How relevant it is compared with the first passage of the same search, which always has 1, however well it fits. */
                                score: number;
                                rank: number;
                            }[];
                            verdict: {
                                /** @enum {string} */
                                label: "Correct" | "Incorrect" | "Unjudged";
                                /** @enum {string} */
                                basis: "context" | "answer";
                                score: number | null;
                                reason: string;
                                evidence: {
                                    quote: string;
                                    passageId: string;
                                    start: number;
                                    end: number;
                                }[];
                                problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                            };
                            verdicts?: {
                                context: {
                                    /** @enum {string} */
                                    label: "Correct" | "Incorrect" | "Unjudged";
                                    /** @enum {string} */
                                    basis: "context" | "answer";
                                    score: number | null;
                                    reason: string;
                                    evidence: {
                                        quote: string;
                                        passageId: string;
                                        start: number;
                                        end: number;
                                    }[];
                                    problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                                };
                                answer: {
                                    /** @enum {string} */
                                    label: "Correct" | "Incorrect" | "Unjudged";
                                    /** @enum {string} */
                                    basis: "context" | "answer";
                                    score: number | null;
                                    reason: string;
                                    evidence: {
                                        quote: string;
                                        passageId: string;
                                        start: number;
                                        end: number;
                                    }[];
                                    problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                                };
                            };
                            abstained: boolean;
                            attempts: number;
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
                /** @description Default Response */
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
        get: {
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
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            id: string;
                            question: string;
                            answer: string;
                            collection: string;
                            context: {
                                id: string;
                                documentId: string;
                                source: string;
                                title: string;
                                text: string;
                                start: number;
                                end: number;
                                /** @description How relevant it is compared with the first passage of the same search, which always has 1, however well it fits. */
                                score: number;
                                rank: number;
                            }[];
                            verdict: {
                                /** @enum {string} */
                                label: "Correct" | "Incorrect" | "Unjudged";
                                /** @enum {string} */
                                basis: "context" | "answer";
                                score: number | null;
                                reason: string;
                                evidence: {
                                    quote: string;
                                    passageId: string;
                                    start: number;
                                    end: number;
                                }[];
                                problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                            };
                            verdicts?: {
                                context: {
                                    /** @enum {string} */
                                    label: "Correct" | "Incorrect" | "Unjudged";
                                    /** @enum {string} */
                                    basis: "context" | "answer";
                                    score: number | null;
                                    reason: string;
                                    evidence: {
                                        quote: string;
                                        passageId: string;
                                        start: number;
                                        end: number;
                                    }[];
                                    problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                                };
                                answer: {
                                    /** @enum {string} */
                                    label: "Correct" | "Incorrect" | "Unjudged";
                                    /** @enum {string} */
                                    basis: "context" | "answer";
                                    score: number | null;
                                    reason: string;
                                    evidence: {
                                        quote: string;
                                        passageId: string;
                                        start: number;
                                        end: number;
                                    }[];
                                    problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                                };
                            };
                            abstained: boolean;
                            attempts: number;
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
                /** @description Default Response */
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
        post: {
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
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            context: {
                                id: string;
                                documentId: string;
                                source: string;
                                title: string;
                                text: string;
                                start: number;
                                end: number;
                                /** @description How relevant it is compared with the first passage of the same search, which always has 1, however well it fits. */
                                score: number;
                                rank: number;
                            }[];
                        };
                    };
                };
                /** @description Default Response */
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
        get: {
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
                /** @description Default Response */
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
                /** @description Default Response */
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
        put?: never;
        /** Add documents, or replace those of the same source: JSON for one text, multipart/form-data for files */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        source: string;
                        text: string;
                        title?: string;
                        /**
                         * @default text
                         * @enum {string}
                         */
                        format?: "text" | "markdown" | "html";
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
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            id: string;
                            source: string;
                            passages: number;
                            unchanged: boolean;
                            collection: string;
                        } | {
                            documents: {
                                id: string;
                                source: string;
                                passages: number;
                                unchanged: boolean;
                                collection: string;
                            }[];
                        };
                    };
                };
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            id: string;
                            source: string;
                            passages: number;
                            unchanged: boolean;
                            collection: string;
                        } | {
                            documents: {
                                id: string;
                                source: string;
                                passages: number;
                                unchanged: boolean;
                                collection: string;
                            }[];
                        };
                    };
                };
                /** @description Default Response */
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
        get: {
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
                /** @description Default Response */
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
                /** @description Default Response */
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
        put?: never;
        post?: never;
        /** Remove a document */
        delete: {
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
                /** @description Default Response */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Default Response */
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
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
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
                /** @description Default Response */
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
        get: {
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
                /** @description Default Response */
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
                /** @description Default Response */
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
        /** Make a collection */
        put: {
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
                /** @description Default Response */
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
                /** @description Default Response */
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
                /** @description Default Response */
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
        post?: never;
        /** Remove a collection and all its documents; default is emptied */
        delete: {
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
                /** @description Default Response */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Default Response */
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
        post: {
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
                /** @description Default Response */
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
                /** @description Default Response */
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
        get: {
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
                /** @description Default Response */
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
        put?: never;
        post?: never;
        /** Cancel a job; what it has stored stays */
        delete: {
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
                /** @description Default Response */
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
                /** @description Default Response */
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
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
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
                /** @description Default Response */
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
        get: {
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
                /** @description Default Response */
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
                /** @description Default Response */
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
        post: {
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
                                /** @enum {string} */
                                label: "Correct" | "Incorrect" | "Unjudged";
                                /** @enum {string} */
                                basis: "context" | "answer";
                                score: number | null;
                                reason: string;
                                evidence: {
                                    quote: string;
                                    passageId: string;
                                    start: number;
                                    end: number;
                                }[];
                                problem: ("timeout" | "unparseable" | "unavailable" | "skipped") | null;
                            };
                            context: {
                                id: string;
                                documentId: string;
                                source: string;
                                title: string;
                                text: string;
                                start: number;
                                end: number;
                                /** @description How relevant it is compared with the first passage of the same search, which always has 1, however well it fits. */
                                score: number;
                                rank: number;
                            }[];
                            abstained: boolean;
                        };
                        "text/event-stream": string;
                    };
                };
                /** @description Default Response */
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
        post: {
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
                /** @description Default Response */
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
                /** @description Default Response */
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
        post: {
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
                /** @description Default Response */
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
export type operations = Record<string, never>;
