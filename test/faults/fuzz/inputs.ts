/**
 * Arbitrary inputs from the API models: good ones, bad ones, and ones that are wrong in exactly one place.
 * @module
 */
import fc from 'fast-check'
import type { Shape, Shapes } from '../../../lambda/core/model/shape.ts'
import { shapeIn, type ApiOperation, type StructureShape } from './api.ts'

/** In every value that is secret: no error may repeat it. */
export const CANARY = 'cAnArYoFtHeFuZzEr'

/** Names that exist when the fuzzer starts, and may or may not later. */
export const NAMES = ['fuzz/plain', 'fuzz/versions', 'fuzz/binary', 'fuzz/big', 'fuzz/scheduled', 'fuzz/tagged']

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const hostileTexts = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\u0000',
  'nul\u0000inside',
  '\u001b[2J\r\nX-Injected: 1',
  '\ud800',
  'pair\udc00\ud800',
  '\u{1f469}\u200d\u{1f467}',
  '\u{10ffff}',
  '\u202eright to left',
  '\ufeffbom',
  'ünïcödé/日本',
  '../../etc/passwd',
  "'; DROP TABLE head; --",
  '%00%0a',
  '${jndi:ldap://x}',
  '*',
  'a'.repeat(513),
  'a'.repeat(2049),
  'arn:aws:secretsmanager:us-east-1:123456789012:secret:fuzz/plain',
  'arn:aws:secretsmanager:us-east-1:123456789012:secret:fuzz/plain-AbCdEf',
  'arn:aws:secretsmanager:us-east-1:999999999999:secret:fuzz/plain-AbCdEf',
  'arn:aws:secretsmanager:mars-west-1:123456789012:secret:__proto__',
  'arn:aws:secretsmanager:us-east-1::secret:',
  'arn:',
  'arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-4cde-8f01-23456789abcd',
  'arn:aws:kms:us-east-1:123456789012:alias/fuzz',
  'alias/fuzz',
  'alias/aws/secretsmanager',
  'alias/__proto__',
  '01234567-89ab-4cde-8f01-23456789abcd',
]
const numbers = [0, -0, 1, -1, 7, 30, 1.5, 100, 4096, 2 ** 31, 2 ** 53, -(2 ** 53), 2 ** 63, 1e308, -1e308, 5e-324]

/** Surrogates that stand alone included. */
const anyText = fc.oneof(
  { arbitrary: fc.constantFrom(...hostileTexts), weight: 4 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 40 }), weight: 2 },
  {
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
      .map((codes) => String.fromCharCode(...codes)),
    weight: 1,
  },
)
const name = fc.constantFrom(...NAMES)
const token = fc.constantFrom(...[1, 2, 3].map((each) => `fuzz-${each}`.padEnd(36, '0')))

const deep = (depth: number, inner: Json): Json => {
  let value = inner
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

export const anyJson: fc.Arbitrary<Json> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.constantFrom<Json>(...numbers),
  anyText,
  fc.constantFrom<Json>([], {}, [null], [[]], deep(50, CANARY), deep(2000, 0)),
  fc.constant(JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as Json),
)

/** An input with each member absent, good or anything. */
export function anyInput({ shapes, input }: ApiOperation): fc.Arbitrary<Json> {
  return structure(input, (shapeName, member) =>
    fc.oneof({ arbitrary: goodValue(shapes, shapeName, member), weight: 8 }, { arbitrary: anyJson, weight: 1 }),
  )
}

/** An input that is right but for one member, which is wrong by the model: it must be refused. */
export function spoiltInput({ shapes, input }: ApiOperation): fc.Arbitrary<Json> {
  const spoilt = Object.entries(input.members)
  return fc
    .tuple(
      structure(input, (shapeName, member) => goodValue(shapes, shapeName, member)),
      fc
        .constantFrom(...spoilt)
        .chain(([member, shapeName]) => wrongValue(shapes, shapeName).map((value): [string, Json] => [member, value])),
    )
    .map(([good, [member, value]]) => ({ ...(good as Record<string, Json>), [member]: value }))
}

function structure(
  { members, required = [] }: StructureShape,
  valueOf: (shapeName: string, member: string) => fc.Arbitrary<Json>,
): fc.Arbitrary<Json> {
  const entries = Object.entries(members).map(([member, shapeName]) => {
    const isUsual = required.includes(member) || member === 'ClientRequestToken'
    const present = { arbitrary: valueOf(shapeName, member), weight: isUsual ? 30 : 1 }
    return [member, fc.oneof(present, { arbitrary: fc.constant(undefined), weight: isUsual ? 1 : 3 })] as const
  })
  return fc.record(Object.fromEntries(entries)).map((record) => {
    const present = Object.entries(record).filter((entry): entry is [string, Json] => entry[1] !== undefined)
    return Object.fromEntries(present)
  })
}

function goodValue(shapes: Shapes, shapeName: string, member: string): fc.Arbitrary<Json> {
  const shape = shapeIn(shapes, shapeName)
  switch (shape.type) {
    case 'string':
      return goodText(shape, member)
    case 'blob':
      return fc.constantFrom(CANARY, '\u00ff\u0000', 'x'.repeat(40)).map((text) => Buffer.from(text).toString('base64'))
    case 'integer':
    case 'long':
      return fc.oneof(fc.integer({ min: shape.min ?? -5, max: shape.max ?? 40 }), fc.constantFrom(...numbers))
    case 'boolean':
      return fc.boolean()
    case 'list':
      return fc.array(goodValue(shapes, shape.of, member), { minLength: shape.min ?? 0, maxLength: 3 })
    case 'map':
      return fc.dictionary(anyText, goodValue(shapes, shape.value, member), { maxKeys: 3 })
    case 'structure':
      return structure(shape, (of, each) => goodValue(shapes, of, each))
    case 'timestamp':
      return fc.constant(0)
  }
}

const versionMembers = new Set(['ClientRequestToken', 'VersionId', 'MoveToVersionId', 'RemoveFromVersionId'])
const textsByMember: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  SecretId: fc.oneof({ arbitrary: name, weight: 5 }, { arbitrary: anyText, weight: 2 }),
  SecretIdList: fc.oneof(name, anyText),
  Name: fc.oneof({ arbitrary: name, weight: 5 }, { arbitrary: anyText, weight: 2 }),
  SecretString: fc.constantFrom(CANARY, `${CANARY}\u0000\u{1f600}`, CANARY.repeat(3900)),
  VersionStage: fc.oneof(fc.constantFrom('AWSCURRENT', 'AWSPREVIOUS', 'AWSPENDING', 'GREEN'), anyText),
  VersionStages: fc.oneof(fc.constantFrom('AWSCURRENT', 'AWSPENDING', 'GREEN'), anyText),
  KmsKeyId: fc.oneof(fc.constantFrom('', 'alias/fuzz', 'alias/aws/secretsmanager'), anyText),
  KeyId: fc.oneof({ arbitrary: fc.constant('alias/fuzz'), weight: 2 }, { arbitrary: anyText, weight: 1 }),
  Key: fc.oneof(fc.constantFrom('k', 'Stage', 'aws:x'), anyText),
  Value: fc.oneof(fc.constantFrom('', 'v', 'some value'), anyText),
  Values: fc.oneof(fc.constantFrom('fuzz', '!fuzz', 'description'), anyText),
  TagKeys: fc.oneof(fc.constantFrom('k', 'Stage'), anyText),
  Description: fc.oneof(fc.constantFrom('', 'A description'), anyText),
  RotationToken: fc.constantFrom(`${CANARY}-0123456789-0123456789`),
}

function goodText(shape: Extract<Shape, { type: 'string' }>, member: string): fc.Arbitrary<Json> {
  if (versionMembers.has(member)) return fc.oneof({ arbitrary: token, weight: 6 }, { arbitrary: anyText, weight: 1 })
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum)
  return textsByMember[member] ?? anyText
}

function wrongValue(shapes: Shapes, shapeName: string): fc.Arbitrary<Json> {
  const shape = shapeIn(shapes, shapeName)
  const wrongTypes = fc.constantFrom<Json>(...WRONG[shape.type])
  const beyond = outOfBounds(shape)
  return beyond.length === 0 ? wrongTypes : fc.oneof(wrongTypes, fc.constantFrom<Json>(...beyond))
}

const WRONG: Readonly<Record<Shape['type'], readonly Json[]>> = {
  string: [0, true, [], {}, [CANARY], '\ud800', 'x\udfff', deep(500, CANARY)],
  blob: [0, false, [], {}, `${CANARY}%`, 'a', '====', '\ud800', CANARY + '\n'],
  integer: ['1', true, [], {}, 1.5, 1e308, 2 ** 53, -(2 ** 60), CANARY],
  long: ['1', true, [], {}, 1.5, 1e308, 2 ** 53, -(2 ** 60), CANARY],
  boolean: ['true', 0, 1, [], {}, CANARY],
  list: ['a', 0, true, {}, { 0: 'a', length: 1 }, [null], [[CANARY]], [0]],
  map: ['a', 0, true, [], { a: null }, { a: 7 }, { a: [] }],
  structure: ['a', 0, true, []],
  timestamp: ['a', true, [], {}],
}

/** In length or value; a kibibyte beyond is as wrong as one. */
function outOfBounds(shape: Shape): Json[] {
  switch (shape.type) {
    case 'string':
      return [
        ...(shape.max === undefined ? [] : [(shape.sensitive === true ? CANARY : '').padEnd(shape.max + 1, '.')]),
        ...(shape.min !== undefined && shape.min > 0 ? ['x'.repeat(shape.min - 1)] : []),
      ]
    case 'blob':
      return shape.max === undefined ? [] : [Buffer.alloc(shape.max + 1, CANARY).toString('base64')]
    case 'integer':
    case 'long':
      return [...(shape.max === undefined ? [] : [shape.max + 1]), ...(shape.min === undefined ? [] : [shape.min - 1])]
    default:
      return []
  }
}
