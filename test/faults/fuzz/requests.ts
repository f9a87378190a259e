/**
 * Arbitrary requests around the arbitrary inputs: bodies that are no JSON, envelopes that are no call, signatures that are not right.
 * @module
 */
import fc from 'fast-check'
import type { RawRequest, SignedParts } from '../../support/wire-client.ts'
import { apiOperations, type ApiOperation } from './api.ts'
import { anyInput, CANARY, NAMES, spoiltInput } from './inputs.ts'

export interface FuzzRequest {
  /** For the report of a failure. */
  readonly kind: string
  readonly raw: RawRequest
  readonly [fc.toStringMethod]: () => string
}

const request = (kind: string, raw: RawRequest): FuzzRequest => ({
  kind,
  raw,
  [fc.toStringMethod]: () => {
    const { body, tamper: _, ...rest } = raw
    return `${kind}: ${JSON.stringify(rest)} ${body.toString('utf8').slice(0, 300)}`
  },
})

const JSON_TYPE = 'application/x-amz-json-1.1'
const operation = fc.constantFrom(...apiOperations)

function call({ service, target }: ApiOperation, body: string | Buffer): RawRequest {
  return { service, headers: { 'content-type': JSON_TYPE, 'x-amz-target': target }, body }
}

/** A write that would succeed, if nothing were wrong with it. */
const harm = JSON.stringify({
  SecretId: NAMES[0],
  Name: 'fuzz/must-never-exist',
  SecretString: CANARY,
  ClientRequestToken: 'fuzz-harm'.padEnd(40, '0'),
  Description: CANARY,
  Tags: [{ Key: 'harm', Value: CANARY }],
  KeyId: 'alias/fuzz',
})
const writes = apiOperations.filter(({ target }) =>
  /\.(CreateSecret|PutSecretValue|UpdateSecret|DeleteSecret|TagResource|DisableKey|CreateKey)$/.test(target),
)
const harmfulCall = fc.constantFrom(...writes).map((each) => call(each, harm))

const spoiltInputs = operation.chain((each) =>
  spoiltInput(each).map((input) => request(`${each.target}, one member wrong`, call(each, JSON.stringify(input)))),
)
const anyInputs = operation.chain((each) =>
  anyInput(each).map((input) => request(each.target, call(each, JSON.stringify(input)))),
)

const noJson = fc.oneof(
  fc.nat(harm.length - 1).map((length) => harm.slice(0, Math.max(1, length))),
  fc.constantFrom(
    `${harm}}`,
    `${harm},`,
    `[${harm}]`,
    `"${CANARY}"`,
    'null',
    '7',
    'true',
    '\ufeff' + harm,
    harm.replaceAll('"', "'"),
    harm.replace('{', '{"a":NaN,'),
    harm.replace('{', '{"a":1e,'),
    harm.replace('{', '{/* */'),
    harm.replace('{', '{"a":"\n",'),
    harm.replace('{', '{"a":"\\u12",'),
    `<${CANARY}/>`,
    `SecretString=${CANARY}`,
    '['.repeat(100_000),
    '{"a":'.repeat(50_000),
    '\u0000',
  ),
  fc
    .constantFrom([0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80], [0xe2, 0x82])
    .map((bytes) =>
      Buffer.concat([Buffer.from(harm.slice(0, -1)), Buffer.from(',"x":"'), Buffer.from(bytes), Buffer.from('"}')]),
    ),
  fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.concat([Buffer.from([0xfe]), bytes])),
)
const noJsonBodies = fc
  .tuple(fc.constantFrom(...writes), noJson)
  .map(([each, body]) => request(`${each.target}, no JSON`, call(each, body)))

const targets = [
  '',
  'secretsmanager.',
  'secretsmanager.__proto__',
  'secretsmanager.constructor',
  'secretsmanager.createSecret',
  'SecretsManager.CreateSecret',
  'secretsmanager.CreateSecret.x',
  'secretsmanager.toString',
  'TrentService.',
  'TrentService.__proto__',
  'TrentService.hasOwnProperty',
  'TrentService.CreateKey\u00ff',
  'DynamoDB_20120810.PutItem',
  'x'.repeat(5000),
]
const types = [
  'application/json',
  'text/plain',
  'application/x-amz-json-1.0',
  'application/x-amz-json-1.1x',
  'multipart/form-data',
  '',
  ';',
  'application/cbor',
]
const envelopes = fc.oneof(
  fc.constantFrom(...targets).map((target) => ({
    service: target.startsWith('Trent') ? 'kms' : 'secretsmanager',
    headers: { 'content-type': JSON_TYPE, 'x-amz-target': target },
    body: harm,
  })),
  fc.constantFrom(...types).map((type) => ({
    headers: { 'content-type': type, 'x-amz-target': 'secretsmanager.PutSecretValue' },
    body: harm,
  })),
  fc.constantFrom('PUT', 'DELETE', 'PATCH', 'OPTIONS').map((method) => ({
    method,
    headers: { 'content-type': JSON_TYPE, 'x-amz-target': 'secretsmanager.PutSecretValue' },
    body: harm,
  })),
  fc
    .constantFrom(
      '//',
      '/x',
      '/_coffer',
      '/_coffer/clock',
      '/%00',
      '/health/',
      '/..',
      '/PutSecretValue',
      '/?Action=x',
      `/${'a/'.repeat(500)}`,
    )
    .map((path) => ({
      path,
      method: 'PUT',
      headers: { 'content-type': JSON_TYPE, 'x-amz-target': 'secretsmanager.PutSecretValue' },
      body: harm,
    })),
  fc.constantFrom('sts', 'dynamodb', 'coffer', 'SECRETSMANAGER', 'secretsmanager2').map((service) => ({
    service,
    headers: { 'content-type': JSON_TYPE, 'x-amz-target': 'secretsmanager.PutSecretValue' },
    body: harm,
  })),
)
const badEnvelopes = envelopes.map((raw) => request('envelope', raw))

type Change = (signed: SignedParts) => SignedParts

const withHeader =
  (name: string, change: (value: string) => string | string[] | undefined): Change =>
  (signed) => {
    const { [name]: value, ...rest } = signed.headers
    const changed = change(typeof value === 'string' ? value : '')
    return { ...signed, headers: changed === undefined ? rest : { ...rest, [name]: changed } }
  }
const authorization = (change: (value: string) => string | string[] | undefined): Change =>
  withHeader('authorization', change)
const replaced = (from: RegExp, to: string): Change => authorization((value) => value.replace(from, to))

/** By name: what is done to a request after it was signed. Each must be refused. */
const tampering: Readonly<Record<string, Change>> = {
  'no authorization': authorization(() => undefined),
  'empty authorization': authorization(() => ''),
  'a bearer': authorization(() => `Bearer ${CANARY}`),
  basic: authorization(() => `Basic ${Buffer.from('admin:admin').toString('base64')}`),
  'another algorithm': replaced(/^AWS4-HMAC-SHA256/, 'AWS4-HMAC-SHA1'),
  'no algorithm': replaced(/^AWS4-HMAC-SHA256 /, ''),
  'lower-case algorithm': replaced(/^AWS4-HMAC-SHA256/, 'aws4-hmac-sha256'),
  'another key id': replaced(/Credential=[^/]+/, 'Credential=AKIANOBODYNOBODYNOBO'),
  'a key id from the prototype': replaced(/Credential=[^/]+/, 'Credential=__proto__'),
  'an empty key id': replaced(/Credential=[^/]+/, 'Credential='),
  'another day': replaced(/\/\d{8}\//, '/20200101/'),
  'a day that is none': replaced(/\/\d{8}\//, '/99999999/'),
  'another Region': replaced(/\/us-east-1\//, '/eu-west-1/'),
  'a Region that is none': replaced(/\/us-east-1\//, '/__proto__/'),
  'another service': replaced(/\/(secretsmanager|kms)\/aws4/, '/execute-api/aws4'),
  'another terminator': replaced(/aws4_request/, 'aws5_request'),
  'a scope too short': replaced(/\/aws4_request/, ''),
  'a scope too long': replaced(/aws4_request/, 'aws4_request/more'),
  'no credential': replaced(/Credential=[^,]+, /, ''),
  'no signed headers': replaced(/SignedHeaders=[^,]+, /, ''),
  'empty signed headers': replaced(/SignedHeaders=[^,]+/, 'SignedHeaders='),
  'host not signed': replaced(/;host/, ''),
  'target not signed': replaced(/;x-amz-target/, ''),
  'date not signed': replaced(/;x-amz-date/, ''),
  'a header signed that is not there': replaced(/SignedHeaders=/, 'SignedHeaders=accept-language;'),
  'signed headers in another order': replaced(/SignedHeaders=([^;]+);([^;]+)/, 'SignedHeaders=$2;$1'),
  'signed headers in capitals': authorization((value) =>
    value.replace(/SignedHeaders=[^,]+/, (list) => `SignedHeaders=${list.slice(14).toUpperCase()}`),
  ),
  'a signed header twice': replaced(/SignedHeaders=([^;,]+)/, 'SignedHeaders=$1;$1'),
  'no signature': replaced(/, Signature=.*/, ''),
  'empty signature': replaced(/Signature=.*/, 'Signature='),
  'signature of zeros': replaced(/Signature=.*/, `Signature=${'0'.repeat(64)}`),
  'signature cut short': replaced(/.$/, ''),
  'signature too long': replaced(/$/, '0'),
  'signature that is no hex': replaced(/Signature=.*/, `Signature=${'z'.repeat(64)}`),
  'signature of other characters': replaced(/Signature=.*/, `Signature=${'é'.repeat(32)}`),
  'one digit changed': authorization((value) => value.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))),
  'a part twice': replaced(/$/, ', Signature=0'),
  twice: authorization((value) => [value, value]),
  'no date': withHeader('x-amz-date', () => undefined),
  'another date': withHeader('x-amz-date', (date) => `${date.slice(0, 9)}000000Z`),
  'a date that is none': withHeader('x-amz-date', () => '20261332T256199Z'),
  'a huge date': withHeader('x-amz-date', () => '9'.repeat(400)),
  'another host': withHeader('host', () => 'secretsmanager.us-east-1.amazonaws.com'),
  'another content type': withHeader('content-type', () => `${JSON_TYPE}; charset=utf-8`),
  'another target': withHeader('x-amz-target', () => 'secretsmanager.UntagResource'),
  'a session token': withHeader('x-amz-security-token', () => CANARY),
  'an unsigned x-amz header': withHeader('x-amz-meta', () => CANARY),
  'a hash of another body': withHeader('x-amz-content-sha256', () => '0'.repeat(64)),
  'an unsigned payload': withHeader('x-amz-content-sha256', () => 'UNSIGNED-PAYLOAD'),
  streaming: withHeader('x-amz-content-sha256', () => 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'),
  'another body': (signed) => ({ ...signed, body: harm.replace('{', '{ ') }),
  'no body': (signed) => ({ ...signed, body: '' }),
  'another path': (signed) => ({ ...signed, path: '/./' }),
  'a query': (signed) => ({ ...signed, path: '/?a=b' }),
  presigned: (signed) => ({
    ...signed,
    path: `/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA&X-Amz-Signature=${'0'.repeat(64)}`,
  }),
}
const tampered = fc
  .tuple(harmfulCall, fc.constantFrom(...Object.entries(tampering)))
  .map(([raw, [kind, tamper]]) => request(`signature: ${kind}`, { ...raw, tamper }))

const skewed = fc
  .tuple(harmfulCall, fc.constantFrom(-310_000, 310_000, -86_400_000, 86_400_000, -3_000_000_000_000))
  .map(([raw, offset]) => request(`signed ${offset} ms off`, { ...raw, time: Date.now() + offset }))
const strangers = fc
  .tuple(
    harmfulCall,
    fc.constantFrom(
      { accessKeyId: 'AKIANOBODYNOBODYNOBO', secretAccessKey: CANARY },
      { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: CANARY },
      { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: '' },
    ),
  )
  .map(([raw, credentials]) => request('a stranger', { ...raw, credentials }))
const elsewhere = fc
  .tuple(harmfulCall, fc.constantFrom('mars-west-1', '__proto__', '', 'US-EAST-1'))
  .map(([raw, region]) => request(`Region ${region}`, { ...raw, region }))
const oversized = fc
  .tuple(harmfulCall, fc.integer({ min: 1, max: 300_000 }))
  .map(([raw, more]) => request('oversized', { ...raw, body: harm.padEnd(1024 * 1024 + more, ' ') }))

/** Requests of which none may be accepted. */
export const refusable: fc.Arbitrary<FuzzRequest> = fc.oneof(
  { arbitrary: spoiltInputs, weight: 200 },
  { arbitrary: noJsonBodies, weight: 60 },
  { arbitrary: tampered, weight: 160 },
  { arbitrary: badEnvelopes, weight: 60 },
  { arbitrary: skewed, weight: 10 },
  { arbitrary: strangers, weight: 10 },
  { arbitrary: elsewhere, weight: 10 },
  { arbitrary: oversized, weight: 1 },
)

/** Requests of which some are accepted. */
export const whatever: fc.Arbitrary<FuzzRequest> = fc.oneof(
  { arbitrary: anyInputs, weight: 10 },
  { arbitrary: refusable, weight: 1 },
)
