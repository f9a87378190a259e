/**
 * Signed requests, each with one thing changed after it was signed: none of them may be taken for what its owner asked for.
 * @module
 */
import type { SignedParts } from '../support/wire-client.ts'

export interface Mutated {
  readonly what: string
  readonly request: SignedParts
}

const HEX = '0123456789abcdef'
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export function* mutationsOf(signed: SignedParts): Generator<Mutated> {
  yield* ofSignature(signed)
  yield* ofScope(signed)
  yield* ofHeaders(signed)
  yield* ofLine(signed)
  yield* ofBody(signed)
}

const textOf = (signed: SignedParts, header: string): string => String(signed.headers[header])
const having = (signed: SignedParts, headers: Readonly<Record<string, string | string[]>>): SignedParts => ({
  ...signed,
  headers: { ...signed.headers, ...headers },
})

/** Another character in one place. */
export function* turned(text: string, alphabet: string, step = 1): Generator<string> {
  for (let at = 0; at < text.length; at += step) {
    const other = alphabet[(alphabet.indexOf(text[at]!) + 1) % alphabet.length]!
    yield text.slice(0, at) + other + text.slice(at + 1)
  }
}

function* ofSignature(signed: SignedParts): Generator<Mutated> {
  const authorization = textOf(signed, 'authorization')
  const [, head = '', signature = ''] = /^(.*Signature=)([0-9a-f]{64})$/.exec(authorization) ?? []
  const others = [
    ...turned(signature, HEX),
    signature.slice(1),
    `${signature}0`,
    '0'.repeat(64),
    signature.toUpperCase().replace(/^\d+$/, 'F'.repeat(64)),
    '',
  ]
  for (const [index, other] of others.entries())
    yield { what: `signature ${index}`, request: having(signed, { authorization: head + other }) }
  for (const other of ['', 'AWS4-HMAC-SHA256', 'Bearer x', authorization.replace('AWS4-HMAC', 'AWS4-ECDSA')])
    yield { what: `authorization ${other.slice(0, 20)}`, request: having(signed, { authorization: other }) }
  yield { what: 'no authorization', request: without(signed, 'authorization') }
  yield { what: 'two authorizations', request: having(signed, { authorization: [authorization, authorization] }) }
}

function* ofScope(signed: SignedParts): Generator<Mutated> {
  const authorization = textOf(signed, 'authorization')
  const [, id = '', date = '', region = '', service = ''] =
    /Credential=([^/]*)\/(\d*)\/([^/]*)\/([^/]*)\/aws4_request/.exec(authorization) ?? []
  const scoped = (what: string, from: string, to: string): Mutated => ({
    what,
    request: having(signed, { authorization: authorization.replace(from, to) }),
  })
  for (const other of turned(id, ALPHABET)) yield scoped(`access key id ${other}`, `${id}/`, `${other}/`)
  for (const other of ['us-west-2', 'us-east-2', region.toUpperCase(), '*', ''])
    yield scoped(`Region ${other}`, `/${region}/`, `/${other}/`)
  for (const other of ['kms', 'sts', 'iam', 'execute-api', 'coffer', 'SecretsManager', '', '*'])
    yield scoped(`service ${other}`, `/${service}/`, `/${other}/`)
  for (const other of [String(Number(date) + 1), String(Number(date) - 1), '', '19700101'])
    yield scoped(`date ${other}`, `/${date}/`, `/${other}/`)
  for (const other of ['aws4_reques', 'aws3_request', ''])
    yield scoped(`terminator ${other}`, '/aws4_request', `/${other}`)
}

function without(signed: SignedParts, name: string): SignedParts {
  const { [name]: _left, ...headers } = signed.headers
  return { ...signed, headers }
}

function* ofHeaders(signed: SignedParts): Generator<Mutated> {
  const authorization = textOf(signed, 'authorization')
  const [, list = ''] = /SignedHeaders=([^,]*)/.exec(authorization) ?? []
  const names = list.split(';')
  const listing = (other: readonly string[]): SignedParts =>
    having(signed, { authorization: authorization.replace(list, other.join(';')) })
  for (const name of names) {
    // Node fills in a host where there is none, the same one.
    if (name !== 'host') {
      yield { what: `without ${name}`, request: without(signed, name) }
      yield { what: `empty ${name}`, request: having(signed, { [name]: '' }) }
    }
    yield { what: `altered ${name}`, request: having(signed, { [name]: `${textOf(signed, name)}x` }) }
    yield { what: `${name} not listed`, request: listing(names.filter((other) => other !== name)) }
  }
  yield { what: 'list the other way round', request: listing(names.toReversed()) }
  yield { what: 'list with one twice', request: listing([...names, names.at(-1)!]) }
  yield { what: 'list with one that is not there', request: listing([...names, 'zzz']) }
  yield { what: 'unsigned x-amz header', request: having(signed, { 'x-amz-meta': 'x' }) }
  yield { what: 'hash of another body', request: having(signed, { 'x-amz-content-sha256': '0'.repeat(64) }) }
  yield { what: 'unsigned payload', request: having(signed, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }) }
  const date = textOf(signed, 'x-amz-date')
  yield { what: 'two dates', request: having(signed, { 'x-amz-date': [date, date] }) }
  for (const by of [-86_400, -1, 1, 86_400])
    yield { what: `date by ${by} s`, request: having(signed, { 'x-amz-date': moved(date, by) }) }
  for (const operation of ['DescribeSecret', 'DeleteSecret', 'getsecretvalue'])
    yield {
      what: `target ${operation}`,
      request: having(signed, { 'x-amz-target': `secretsmanager.${operation}` }),
    }
}

function moved(basic: string, seconds: number): string {
  const iso = basic.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')
  return new Date(Date.parse(iso) + seconds * 1000).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
}

function* ofLine(signed: SignedParts): Generator<Mutated> {
  for (const path of ['/x', '//', '/?a', '/?a=b', '/%2F', '/GetSecretValue', '/_coffer/clock'])
    yield { what: `path ${path}`, request: { ...signed, path } }
  for (const method of ['PUT', 'GET', 'DELETE', 'OPTIONS', 'PATCH'])
    yield { what: `method ${method}`, request: { ...signed, method } }
}

function* ofBody(signed: SignedParts): Generator<Mutated> {
  const bytes = Buffer.from(signed.body)
  for (let at = 0; at < bytes.length; at++) {
    const other = Buffer.from(bytes)
    other[at] = other[at]! ^ 1
    yield { what: `byte ${at}`, request: { ...signed, body: other } }
  }
  for (const body of ['', '{}', `${bytes.toString()} `, bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.of(0)])])
    yield { what: `body of ${body.length} bytes`, request: { ...signed, body } }
}
