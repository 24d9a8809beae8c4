import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
const whole = (field: number, value: number) => Buffer.from([...varint(field * 8), ...varint(value)]);
const bytes = (field: number, value: Buffer | string) => {
  const content = Buffer.from(value);
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
};
const message = (field: number, ...parts: Buffer[]) => bytes(field, Buffer.concat(parts));

/** Field numbers are those of onnx.proto3: a matrix of constants, an operation, an input or output. */
const floats = (name: string, rows: number[][]) =>
  message(
    5,
    whole(1, rows.length),
    whole(1, rows[0]!.length),
    whole(2, 1),
    bytes(8, name),
    bytes(9, Buffer.from(Float32Array.from(rows.flat()).buffer)),
  );
const node = (operation: string, inputs: string[], output: string, ...attributes: Buffer[]) =>
  message(1, ...inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(4, operation), ...attributes);
const value = (field: number, name: string, type: number, dimensions: (string | number)[]) => {
  const shape = dimensions.map((each) => message(1, typeof each === 'number' ? whole(1, each) : bytes(2, each)));
  return message(field, bytes(1, name), message(2, message(1, whole(1, type), message(2, ...shape))));
};
const axes = message(5, bytes(1, 'axes'), whole(8, 1), whole(20, 7));
const keepdims = message(5, bytes(1, 'keepdims'), whole(3, 0), whole(20, 2));

/**
 * Writes an entailment model as Hugging Face's exports have it, real to ONNX Runtime though tiny: its outputs are the mean, over
 * the tokens of the second text, of what each token is given here.
 */
export function writeEntailmentModel(folder: string, labels: string[], tokens: Record<string, number[]>) {
  mkdirSync(folder, { recursive: true });
  const special = ['[UNK]', '[CLS]', '[SEP]'];
  const words = [...special, ...Object.keys(tokens)];
  const weights = words.map((word) => tokens[word] ?? labels.map(() => 0));
  const graph = message(
    7,
    node('Gather', ['weights', 'input_ids'], 'each'),
    node('Gather', ['second', 'token_type_ids'], 'counts'),
    node('Mul', ['each', 'counts'], 'counted'),
    node('ReduceMean', ['counted'], 'logits', axes, keepdims),
    bytes(2, 'entailment'),
    floats('weights', weights),
    floats('second', [[0], [1]]),
    value(11, 'input_ids', 7, ['batch', 'tokens']),
    value(11, 'token_type_ids', 7, ['batch', 'tokens']),
    value(12, 'logits', 1, ['batch', labels.length]),
  );
  writeFileSync(join(folder, 'model.onnx'), Buffer.concat([whole(1, 8), graph, message(8, whole(2, 13))]));
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const part = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const mark = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
  const tokenizer = {
    version: '1.0',
    added_tokens: special.map((content, id) => ({ id, content, special: true })),
    normalizer: { type: 'BertNormalizer', lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', vocab },
    decoder: { type: 'WordPiece' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [mark('[CLS]', 0), part('A', 0), mark('[SEP]', 0)],
      pair: [mark('[CLS]', 0), part('A', 0), mark('[SEP]', 0), part('B', 1), mark('[SEP]', 1)],
      special_tokens: Object.fromEntries(special.map((id, at) => [id, { id, ids: [at], tokens: [id] }])),
    },
  };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  const id2label = Object.fromEntries(labels.map((label, at) => [at, label]));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ id2label, max_position_embeddings: 64 }));
}
