import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';
import { type BasePromptValueInterface, ChatPromptValue } from '@langchain/core/prompt_values';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import type { Runnable } from '@langchain/core/runnables';
import { AppError } from '../errors.ts';
import { asPiece, type Piece, textOf, withPieces } from '../message-pieces.ts';
import { fastPath } from './step.ts';

/** The prompts by file name, each with the variables that it must use: all of them and no others. */
const declared = {
  answer: ['context', 'question'],
  'evaluate-answer': ['answer', 'question'],
  'evaluate-context': ['answer', 'context', 'question'],
  'evaluate-answer-plain': ['answer', 'question'],
  'evaluate-context-plain': ['answer', 'context', 'question'],
  'evaluate-answer-word': ['answer', 'question'],
  'evaluate-context-word': ['answer', 'context', 'question'],
  'answer-briefly': ['context', 'question'],
  'standalone-question': ['conversation', 'question'],
} as const;
type PromptName = keyof typeof declared;
const names = Object.keys(declared) as PromptName[];

/** Assay's own prompts, used where a folder lacks one. */
const own = fileURLToPath(new URL('../../prompts', import.meta.url));

/** The values of a prompt's variables, by name. */
export type PromptValues = Record<string, Piece>;
/** A prompt as a step: values of variables in, messages out. Any of LangChain's chat prompt templates is one. */
export type Prompt = Runnable<PromptValues, BasePromptValueInterface>;
export type Prompts = Record<PromptName, Prompt>;

/**
 * Reads the prompts of `folder`. A file holds messages, each under a line `## system`, `## human` or `## ai`, with
 * variables as `{{name}}` (Mustache without its sections, so that single braces are just braces). Values are filled in
 * as they are and never read as templates.
 * @throws AppError BAD_SETTINGS where the folder is missing or holds no prompt, and otherwise naming every file that
 * can't be read or whose variables are not the declared ones
 */
export function readPrompts(folder: string): Prompts {
  const held = namesIn(folder);
  const problems: string[] = [];
  const prompts: Partial<Prompts> = {};
  for (const name of names) {
    const messages = readMessages(join(held.includes(name) ? folder : own, `${name}.md`), declared[name]);
    if (typeof messages === 'string') problems.push(`${name}.md: ${messages}`);
    else prompts[name] = toPrompt(name, messages);
  }
  if (problems.length > 0) throw unusable(problems);
  return prompts as Prompts;
}

/** The messages of a prompt's file, or what is wrong with it. */
function readMessages(file: string, variables: readonly string[]): [Role, string][] | string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return "can't be read";
  }
  const tags = [...text.matchAll(/\{\{([^}]*)\}\}/g)].map(([, tag]) => tag!.trim());
  const unknown = new Set(tags.filter((tag) => !variables.includes(tag)));
  const missing = variables.filter((variable) => !tags.includes(variable));
  if (unknown.size > 0) return `unknown variable ${[...unknown].join(', ')}`;
  if (missing.length > 0) return `missing variable ${missing.join(', ')}`;
  const messages = toMessages(text);
  return messages.length > 0 ? messages : 'no message; begin one with a line such as ## human';
}

const unusable = (problems: string[]) =>
  new AppError('BAD_SETTINGS', `The prompts can't be used:\n${problems.map((each) => `  ${each}`).join('\n')}`);

/**
 * The names of the prompts that a folder holds. A folder without any is a mistake: whoever named it meant to change
 * something.
 */
function namesIn(folder: string): PromptName[] {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    throw unusable(["PROMPTS_DIR: there is no such folder, or it can't be read"]);
  }
  const held = names.filter((name) => files.includes(`${name}.md`));
  if (held.length === 0) throw unusable(['PROMPTS_DIR: the folder holds no prompt, such as answer.md']);
  return held;
}

type Role = 'system' | 'human' | 'ai';
const messageOf: Record<Role, (text: string) => BaseMessage> = {
  system: (text) => new SystemMessage(text),
  human: (text) => new HumanMessage(text),
  ai: (text) => new AIMessage(text),
};

/** The prompts that keep the pieces of their values. */
const ownPrompts = new WeakSet<Prompt>();

/** The values as the prompt takes them: LangChain's templates would write what isn't a string as JSON. */
export const valuesFor = (prompt: Prompt, values: PromptValues): PromptValues =>
  ownPrompts.has(prompt)
    ? values
    : Object.fromEntries(Object.entries(values).map(([name, piece]) => [name, textOf(piece)]));

/** Parses the templates once; a message without variables is the same object for every ask. */
function toPrompt(name: string, templates: [Role, string][]): Prompt {
  const template = ChatPromptTemplate.fromMessages(templates, { templateFormat: 'mustache' });
  const parts = templates.map(([role, text]) => {
    // Text at even places, names of variables at odd ones.
    const pieces = text.split(/\{\{\s*([^}]*?)\s*\}\}/);
    const fixed = pieces.map(asPiece);
    const make = messageOf[role];
    const fill = (values: PromptValues) => {
      const filled = pieces.map((piece, at) => (at % 2 === 0 ? fixed[at]! : values[piece]!));
      // Concatenated, not joined: until someone reads it, the whole text takes no memory of its own.
      return withPieces(make(filled.reduce<string>((text, piece) => text + textOf(piece), '')), filled);
    };
    if (pieces.length > 1) return fill;
    const same = fill({});
    return () => same;
  });
  const render = (values: PromptValues) => new ChatPromptValue(parts.map((part) => part(values)));
  const prompt: Prompt = fastPath(`prompt ${name}`, template as Runnable, render, 'prompt');
  ownPrompts.add(prompt);
  return prompt;
}

function toMessages(text: string): [Role, string][] {
  const [, ...parts] = text.split(/^## (system|human|ai)[ \t]*$/m);
  return Array.from({ length: parts.length / 2 }, (_, at) => [parts[2 * at] as Role, parts[2 * at + 1]!.trim()]);
}
