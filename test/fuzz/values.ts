import fc from 'fast-check';

/** The part of JSON Schema that the service's OpenAPI document uses. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
};

/** Words that have meant something to one parser, template language, store or library or another. */
const meaningful = [
  ...['', ' ', '\n', '\0', 'a\0b', '\u202e', '\ufeff', '\ud800', 'x\udc00', '\u0007\u001b[2J', '👩‍👩‍👧', 'İı', 'é'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'lc', 'NaN', 'null', '-0', '1e999'],
  ...['{{question}}', '{question}', '{', '}}', '{{#context}}', '$\u007b7*7}', '#{1}', '%s', '<%= 1 %>', '{% raw %}'],
  ...[
    '../../etc/passwd',
    '..\\..\\x',
    '/etc/passwd',
    'C:\\x',
    '%2e%2e%2f',
    '%00',
    '.',
    '..',
    '~',
    'file:///etc/passwd',
  ],
  ...['http://169.254.169.254/latest', 'javascript:alert(1)', '<script>alert(1)</script>', '<![CDATA[', '&#0;'],
  ...["' OR 1=1 --", '"; DROP TABLE asks', '*', '"', 'NEAR(', 'a OR', 'AND NOT', 'x:y', '^a', '-', '\\', '()'],
  ...['data: x\n\nevent: done', '\r\nx: y', 'default', 'Alder', 'What wood is light?'],
];

/** Strings of every kind: short and long, plain and hostile. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...meaningful) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...meaningful), { maxLength: 8 }).map((words) => words.join(' ')) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('x', 'é', '👍', ' ', 'word ', '{', '((', '\n# '),
        fc.constantFrom(100, 101, 1025, 4001, 70_000),
      )
      .map(([piece, times]) => piece.repeat(times)),
  },
);

/** An object that LangChain would take for one of its own serialised parts. */
const lcObject = { lc: 1, type: 'constructor', id: ['langchain', 'x'], kwargs: { lc: 1, type: 'secret', id: ['KEY'] } };

/** A text of JSON in a value's place: what `JSON.stringify` can't write, such as lists too deep for its own recursion. */
export class RawJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const nested = (depth: number) => new RawJson(`${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`);

/** Any JSON value, with the keys that have broken others. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -0, -1, 1.5, 1e308, 2 ** 53, [], {}, lcObject, [lcObject], {
    $ne: null,
  }),
  anyText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(anyText, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4 }),
  fc.constantFrom(40, 2000, 50_000).map(nested),
);

/** JSON of a value, with its raw parts as they are, and half surrogates and prototype keys as they can be sent. */
export function toJson(value: unknown): string {
  if (value instanceof RawJson) return value.text;
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}:${toJson(each)}`)
    .join(',')}}`;
}

/** Follows a reference within the document. */
function resolve(schema: Schema, root: unknown): Schema {
  if (schema.$ref === undefined) return schema;
  const path = schema.$ref.replace(/^#\//, '').split('/');
  return path.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], root) as Schema;
}

/** Values that a schema allows. What it can't say, such as that a text must not be blank, they may still offend. */
export function validValue(given: Schema, root: unknown): fc.Arbitrary<unknown> {
  const schema = resolve(given, root);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((each) => validValue(each, root)));
  const types = [schema.type ?? []].flat();
  return types.length === 0
    ? fc.jsonValue({ maxDepth: 2 })
    : fc.oneof(...types.map((type) => ofType(type, schema, root)));
}

function ofType(type: string, schema: Schema, root: unknown): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return validText(schema);
    case 'integer':
      return fc.integer({ min: Math.max(schema.minimum ?? -9, -9), max: Math.min(schema.maximum ?? 9, 2000) });
    case 'number':
      return fc.double({ min: schema.minimum ?? -9, max: schema.maximum ?? 9, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(validValue(schema.items ?? {}, root), { maxLength: 4 });
    case 'object':
      return validObject(schema, root);
    default:
      return fc.constant(null);
  }
}

const plainTexts = [
  'What wood is light?',
  'Alder',
  'a.md',
  'notes/oak.txt',
  'Oak is heavy. Alder is light.\n\n# More\n\nAsh.',
];

function validText({ pattern, minLength = 0, maxLength = 2000 }: Schema): fc.Arbitrary<string> {
  // The pool of collections is small, so that requests meet each other's.
  if (pattern?.startsWith('^[a-z0-9]['))
    return fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('default', 'team', 'a-1') },
      fc.stringMatching(new RegExp(pattern)),
    );
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern), { size: 'small' });
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...plainTexts.filter(fits)) }, anyText.filter(fits));
}

function validObject({ properties = {}, required = [], additionalProperties }: Schema, root: unknown) {
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, validValue(each, root)])),
    { requiredKeys: required },
  );
  if (typeof additionalProperties !== 'object') return known;
  return fc
    .tuple(fc.dictionary(anyText, validValue(additionalProperties, root), { maxKeys: 3 }), known)
    .map(([more, values]) => ({ ...more, ...values }));
}

/** Values that a schema nearly allows: one field is of another kind, is missing, or is one too many. */
export function nearMiss(given: Schema, root: unknown): fc.Arbitrary<unknown> {
  const schema = resolve(given, root);
  const object = [schema, ...(schema.anyOf ?? [])].map((each) => resolve(each, root)).find((each) => each.properties);
  if (!object?.properties) return anyJson;
  const names = Object.keys(object.properties);
  return fc
    .tuple(
      validObject(object, root),
      fc.constantFrom(...names),
      anyJson,
      anyText,
      fc.constantFrom('spoil', 'drop', 'add'),
    )
    .map(([value, name, odd, extra, how]) => {
      const { [name]: _, ...rest } = value as Record<string, unknown>;
      if (how === 'drop') return rest;
      return how === 'add' ? Object.fromEntries([...Object.entries(value), [extra, odd]]) : { ...rest, [name]: odd };
    });
}
