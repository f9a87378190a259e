import fc from 'fast-check'
import type { Credential } from '../../../local/identities/credential.ts'
import { sigv4SecretKey } from '../../../local/identities/credential.ts'
import type { SignedRequest } from '../../../local/sigv4/canonical-request.ts'
import { isRefusal, SignatureVerifier } from '../../../local/sigv4/verify.ts'
import { signWithStock, type StockRequest, type StockScope } from '../support/stock-signer.ts'

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0)
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

const lasting = credential('AKIAIOSFODNN7EXAMPLE')
const session = credential('ASIASESSIONSESSIONSE', { sessionToken: 'token+/==', expiresAt: NOW + 1 })
const stale = credential('ASIASTALESTALESTALES', { sessionToken: 'token+/==', expiresAt: NOW })

function credential(accessKeyId: string, more: Partial<Credential> = {}): Credential {
  return {
    principal: { account: '123456789012', arn: 'arn:aws:iam::123456789012:user/admin', userId: 'AIDA', accessKeyId },
    secretKey: sigv4SecretKey(SECRET),
    isAdmin: true,
    ...more,
  }
}

function verifierAt(now = NOW): SignatureVerifier {
  const known = new Map([lasting, session, stale].map((each) => [each.principal.accessKeyId, each]))
  return new SignatureVerifier({
    credentials: { find: (id) => known.get(id) },
    wallClock: { now: () => now },
    servesRegion: (region) => region === 'us-east-1' || region === 'eu-west-1',
  })
}

const SERVICES = ['secretsmanager', 'execute-api']

const request: StockRequest = {
  method: 'POST',
  path: '/',
  headers: {
    host: '127.0.0.1:7766',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'secretsmanager.GetSecretValue',
  },
  body: '{"SecretId":"a"}',
}

const scope: StockScope = {
  accessKeyId: lasting.principal.accessKeyId,
  secretAccessKey: SECRET,
  region: 'us-east-1',
  service: 'secretsmanager',
  date: new Date(NOW),
}

async function sign(
  change: Partial<StockRequest> = {},
  changedScope: Partial<StockScope> = {},
): Promise<SignedRequest> {
  const whole = { ...request, ...change }
  const headers = await signWithStock(whole, { ...scope, ...changedScope })
  const query = Object.entries(whole.query ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  )
  return {
    method: whole.method,
    url: `${whole.path}${query.length > 0 ? `?${query.join('&')}` : ''}`,
    headers: Object.entries(headers).flat(),
    body: Buffer.from(whole.body),
  }
}

function outcome(signed: SignedRequest, options: { now?: number; services?: string[] } = {}): string {
  const verdict = verifierAt(options.now).verify(signed, options.services ?? SERVICES)
  return isRefusal(verdict) ? `${verdict.code}: ${verdict.message}` : 'accepted'
}

function withHeader(signed: SignedRequest, name: string, change: (value: string) => string | undefined): SignedRequest {
  const headers: string[] = []
  for (let index = 0; index < signed.headers.length; index += 2) {
    const [key = '', value = ''] = signed.headers.slice(index, index + 2)
    const changed = key.toLowerCase() === name ? change(value) : value
    if (changed !== undefined) headers.push(key, changed)
  }
  return { ...signed, headers }
}

function plus(signed: SignedRequest, ...headers: string[]): SignedRequest {
  return { ...signed, headers: [...signed.headers, ...headers] }
}

const authorization = (change: (value: string) => string | undefined) => (signed: SignedRequest) =>
  withHeader(signed, 'authorization', change)

describe('a request signed by the stock signer', () => {
  it('is accepted, and tells who signed it, for where and for which service', async () => {
    const verdict = verifierAt().verify(await sign(), SERVICES)
    expect(verdict).toEqual({ credential: lasting, region: 'us-east-1', service: 'secretsmanager' })
  })

  it.each([
    ['for the other accepted service name', {}, { service: 'execute-api' }],
    ['for another served Region', {}, { region: 'eu-west-1' }],
    ['four minutes and 59 seconds ago', {}, { date: new Date(NOW - 299_000) }],
    ['four minutes and 59 seconds ahead', {}, { date: new Date(NOW + 299_000) }],
    ['with a session token', {}, { accessKeyId: session.principal.accessKeyId, sessionToken: 'token+/==' }],
    ['with an empty body', { body: '' }, {}],
    ['with binary bytes in the body', { body: Uint8Array.of(0, 255, 128, 10) }, {}],
    ['with a path that needs encoding twice', { path: '/a%20b/%C3%A9/c' }, {}],
    ['with a trailing slash', { path: '/a/b/' }, {}],
    ['with a query to sort', { path: '/x', query: { b: '2', a: ['z', 'y'], 'a b': 'c+d/e', empty: '' } }, {}],
    ['with blanks in a header', { headers: { ...request.headers, 'x-amz-note': '  a   b ' } }, {}],
  ] satisfies [string, Partial<StockRequest>, Partial<StockScope>][])(
    '%s is accepted',
    async (_, change, changedScope) => {
      expect(outcome(await sign(change, changedScope))).toBe('accepted')
    },
  )

  it('is accepted when the names of its headers come in capitals', async () => {
    const signed = await sign()
    const headers = signed.headers.map((text, index) => (index % 2 === 0 ? text.toUpperCase() : text))
    expect(outcome({ ...signed, headers })).toBe('accepted')
  })

  it('is accepted with unsigned headers that do not matter', async () => {
    expect(outcome(plus(await sign(), 'accept', '*/*', 'user-agent', 'x', 'accept', 'text/html'))).toBe('accepted')
  })
})

describe('what was changed after signing is refused', () => {
  const mismatch = 'InvalidSignatureException: The request signature we calculated does not match'
  it.each<[string, (signed: SignedRequest) => SignedRequest, string]>([
    ['the method', (signed) => ({ ...signed, method: 'PUT' }), mismatch],
    ['the path', (signed) => ({ ...signed, url: '/a' }), mismatch],
    ['a query that was added', (signed) => ({ ...signed, url: '/?a=b' }), mismatch],
    ['the body', (signed) => ({ ...signed, body: Buffer.from('{"SecretId":"b"}') }), mismatch],
    [
      'the body and its hash',
      (signed) =>
        withHeader(
          { ...signed, body: Buffer.from('') },
          'x-amz-content-sha256',
          () => 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        ),
      mismatch,
    ],
    ['the host', (signed) => withHeader(signed, 'host', () => 'other'), mismatch],
    ['the target', (signed) => withHeader(signed, 'x-amz-target', () => 'secretsmanager.DeleteSecret'), mismatch],
    ['the content type', (signed) => withHeader(signed, 'content-type', () => 'text/plain'), mismatch],
    ['a signed header that is gone', (signed) => withHeader(signed, 'content-type', () => undefined), mismatch],
    ['a second value of a signed header', (signed) => plus(signed, 'content-type', 'text/plain'), mismatch],
    ['the second it was signed', (signed) => withHeader(signed, 'x-amz-date', () => '20260131T120001Z'), mismatch],
    ['the signature', authorization((value) => value.replace(/.$/, (last) => (last === '0' ? '1' : '0'))), mismatch],
    ['the Region', authorization((value) => value.replace('us-east-1', 'eu-west-1')), mismatch],
    ['the service', authorization((value) => value.replace('/secretsmanager/', '/execute-api/')), mismatch],
    ['a header taken out of the signed ones', authorization((value) => value.replace('content-type;', '')), mismatch],
    [
      'the access key id',
      authorization((value) => value.replace('AKIAIOSFODNN7', 'AKIAIOSFODNN8')),
      'UnrecognizedClientException: The security token included in the request is invalid.',
    ],
    [
      'an x-amz header that was added',
      (signed) => plus(signed, 'X-Amz-Extra', '1'),
      "InvalidSignatureException: 'x-amz-extra' must be a 'SignedHeader' in the AWS Authorization.",
    ],
    [
      'a session token that was added',
      (signed) => plus(signed, 'X-Amz-Security-Token', 't'),
      "InvalidSignatureException: 'x-amz-security-token' must be",
    ],
  ])('%s', async (_, change, expected) => {
    expect(outcome(change(await sign()))).toContain(expected)
  })

  it('one byte anywhere, in random requests (the stock signer verifies, the mutation does not)', async () => {
    const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_~'), minLength: 1, maxLength: 8 })
    const value = fc.string({ unit: fc.constantFrom(...'abc XYZ 019 \t;:,=/+%&?"{}'), maxLength: 20 })
    const requests = fc.record({
      method: fc.constantFrom('POST', 'GET', 'PUT'),
      path: fc
        .array(fc.oneof(token, fc.constantFrom('a%20b', '%2F', '.', '..', '', 'a+b', "!'()*")))
        .map((parts) => `/${parts.join('/')}`),
      query: fc.dictionary(token, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })), { maxKeys: 4 }),
      extra: fc.dictionary(
        token.map((name) => `x-amz-${name.toLowerCase()}q`),
        value,
        { maxKeys: 3 },
      ),
      body: fc.uint8Array({ maxLength: 64 }),
    })
    await fc.assert(
      fc.asyncProperty(requests, fc.nat(), fc.nat(), async ({ extra, ...change }, at, where) => {
        const whole: StockRequest = { ...request, ...change, headers: { ...request.headers, ...extra } }
        const signed = await sign(whole)
        expect(outcome(signed)).toBe('accepted')

        const mutations: ((text: SignedRequest) => SignedRequest)[] = [
          (text) => ({ ...text, body: flip(text.body, at) }),
          (text) => withHeader(text, 'x-amz-target', (old) => flipText(old, at)),
          (text) => withHeader(text, 'host', (old) => flipText(old, at)),
          authorization((old) => old.slice(0, -64) + flipHex(old.slice(-64), at)),
          (text) => ({ ...text, url: `${text.url}${text.url.includes('?') ? '&' : '?'}added=1` }),
          (text) => ({ ...text, url: text.url.replace(/(?=\?|$)/, '/changed') }),
          ...Object.keys(extra).map(
            (name) => (text: SignedRequest) => withHeader(text, name, (old) => `${old.trim()}.`),
          ),
        ]
        const mutate = mutations[where % mutations.length]!
        expect(outcome(mutate(signed))).not.toBe('accepted')
      }),
      { numRuns: 300 },
    )
  })
})

function flip(bytes: Buffer, at: number): Buffer {
  if (bytes.length === 0) return Buffer.of(at % 256)
  const copy = Buffer.from(bytes)
  copy[at % copy.length]! ^= 1 << (at % 8)
  return copy
}

function flipText(text: string, at: number): string {
  const index = at % text.length
  return text.slice(0, index) + (text[index] === 'q' ? 'w' : 'q') + text.slice(index + 1)
}

function flipHex(text: string, at: number): string {
  const index = at % text.length
  return text.slice(0, index) + (text[index] === '0' ? '1' : '0') + text.slice(index + 1)
}

describe('what is wrong with a signature is said in the words of AWS', () => {
  it.each<[string, (signed: SignedRequest) => SignedRequest, string]>([
    [
      'no Authorization header',
      authorization(() => undefined),
      'MissingAuthenticationTokenException: Missing Authentication Token',
    ],
    ['another algorithm', authorization(() => 'Basic abc'), "IncompleteSignature: Unsupported AWS 'algorithm'"],
    [
      'a longer algorithm name',
      authorization((value) => value.replace('SHA256', 'SHA2567')),
      "IncompleteSignature: Unsupported AWS 'algorithm'",
    ],
    [
      'nothing but the algorithm',
      authorization(() => 'AWS4-HMAC-SHA256'),
      "IncompleteSignature: Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
    ],
    [
      'no Signature',
      authorization((value) => value.replace(/, Signature=.*/, '')),
      "IncompleteSignature: Authorization header requires 'Signature' parameter.",
    ],
    ['a parameter twice', authorization((value) => `${value}, Signature=${'0'.repeat(64)}`), 'IncompleteSignature'],
    [
      'a parameter without a value',
      authorization((value) => `${value},x`),
      'IncompleteSignature: Invalid key=value pair',
    ],
    ['a short signature', authorization((value) => value.slice(0, -1)), 'IncompleteSignature'],
    [
      'a signature in capitals',
      authorization((value) => value.replace(/[0-9a-f]{64}$/, 'A'.repeat(64))),
      'IncompleteSignature',
    ],
    [
      'a credential with four parts',
      authorization((value) => value.replace('/us-east-1', '')),
      'IncompleteSignature: Credential must have exactly 5',
    ],
    [
      'signed headers out of order',
      authorization((value) => value.replace('content-type;host', 'host;content-type')),
      "IncompleteSignature: 'SignedHeaders'",
    ],
    [
      'another terminator',
      authorization((value) => value.replace('aws4_request', 'aws5_request')),
      "InvalidSignatureException: Credential should be scoped with a valid terminator: 'aws4_request'",
    ],
    [
      'a Region that is not served',
      authorization((value) => value.replace('us-east-1', 'us-moon-1')),
      'InvalidSignatureException: Credential should be scoped to a valid Region',
    ],
    [
      'another service',
      authorization((value) => value.replace('/secretsmanager/', '/dynamodb/')),
      "InvalidSignatureException: Credential should be scoped to correct service: 'secretsmanager'.",
    ],
    [
      'another day in the scope',
      authorization((value) => value.replace('/20260131/', '/20260130/')),
      "InvalidSignatureException: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260131'",
    ],
    [
      'the host not signed',
      authorization((value) => value.replace('host;', '')),
      "InvalidSignatureException: 'Host' or ':authority' must be a 'SignedHeader'",
    ],
    [
      'no host',
      (signed) => withHeader(signed, 'host', () => undefined),
      "InvalidSignatureException: 'Host' or ':authority' must be",
    ],
    [
      'the target not signed',
      authorization((value) => value.replace(';x-amz-target', '')),
      "InvalidSignatureException: 'x-amz-target' must be",
    ],
    [
      'no date',
      (signed) => withHeader(signed, 'x-amz-date', () => undefined),
      "IncompleteSignature: Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    ],
    [
      'a date that does not exist',
      (signed) => withHeader(signed, 'x-amz-date', () => '20260231T120000Z'),
      "IncompleteSignature: Date must be in ISO-8601 'basic format'",
    ],
    [
      'a date in another form',
      (signed) => withHeader(signed, 'x-amz-date', () => '2026-01-31T12:00:00Z'),
      'IncompleteSignature: Date must be',
    ],
    [
      'an unsigned payload',
      (signed) => withHeader(signed, 'x-amz-content-sha256', () => 'UNSIGNED-PAYLOAD'),
      'InvalidSignatureException: The payload must be signed',
    ],
    [
      'two Authorization headers',
      (signed) => plus(signed, 'Authorization', 'x'),
      "IncompleteSignature: The request must not repeat the 'authorization' header.",
    ],
    [
      'two hosts',
      (signed) => plus(signed, 'Host', 'x'),
      "IncompleteSignature: The request must not repeat the 'host' header.",
    ],
    [
      'two dates',
      (signed) => plus(signed, 'X-AMZ-Date', '20260131T120000Z'),
      "IncompleteSignature: The request must not repeat the 'x-amz-date' header.",
    ],
    [
      'a presigned URL',
      (signed) => ({ ...signed, url: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00' }),
      'InvalidSignatureException: Presigned requests are not accepted',
    ],
  ])('%s', async (_, change, expected) => {
    expect(outcome(change(await sign()))).toContain(expected)
  })

  it('an expired signature names its time and the earliest that would do', async () => {
    expect(outcome(await sign({}, { date: new Date(NOW - 301_000) }))).toBe(
      'InvalidSignatureException: Signature expired: 20260131T115459Z is now earlier than 20260131T115500Z (20260131T120000Z - 5 min.)',
    )
  })

  it('a signature from the future names its time and the latest that would do', async () => {
    expect(outcome(await sign({}, { date: new Date(NOW + 301_000) }))).toBe(
      'InvalidSignatureException: Signature not yet current: 20260131T120501Z is still later than 20260131T120500Z (20260131T120000Z + 5 min.)',
    )
  })

  it('a secret that is not the right one is a mismatch', async () => {
    expect(outcome(await sign({}, { secretAccessKey: 'wrong' }))).toContain('does not match the signature you provided')
  })

  it('the access key id of a refused request is told only when the key is known', async () => {
    const known = verifierAt().verify(await sign({}, { secretAccessKey: 'wrong' }), SERVICES)
    const unknown = verifierAt().verify(await sign({}, { accessKeyId: 'AKIAUNKNOWN' }), SERVICES)
    expect(known).toHaveProperty('accessKeyId', 'AKIAIOSFODNN7EXAMPLE')
    expect(unknown).not.toHaveProperty('accessKeyId')
  })
})

describe('session tokens', () => {
  const withSession = { accessKeyId: session.principal.accessKeyId }
  const invalid = 'UnrecognizedClientException: The security token included in the request is invalid.'

  it.each([
    ['a token for a key that has none', { sessionToken: 'token+/==' }, invalid],
    ['no token for a key that needs one', withSession, invalid],
    ['another token', { ...withSession, sessionToken: 'token+/=' }, invalid],
    [
      'an expired one',
      { accessKeyId: stale.principal.accessKeyId, sessionToken: 'token+/==' },
      'ExpiredTokenException: The security token included in the request is expired',
    ],
  ])('%s', async (_, changedScope, expected) => {
    expect(outcome(await sign({}, changedScope))).toBe(expected)
  })
})

describe('the Date header in place of X-Amz-Date', () => {
  const dated = (headers: readonly string[]) =>
    verifierAt().verify({ method: 'POST', url: '/', headers, body: Buffer.alloc(0) }, SERVICES)

  it('must be signed', () => {
    const verdict = dated([
      'Host',
      'h',
      'Date',
      'Sat, 31 Jan 2026 12:00:00 GMT',
      'Authorization',
      `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/us-east-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    ])
    expect(verdict).toMatchObject({ message: "'date' must be a 'SignedHeader' in the AWS Authorization." })
  })

  it('is read in its HTTP form', () => {
    const verdict = dated([
      'Host',
      'h',
      'Date',
      'Sat, 31 Jan 2026 12:00:00 GMT',
      'Authorization',
      `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260131/us-east-1/secretsmanager/aws4_request, SignedHeaders=date;host, Signature=${'0'.repeat(64)}`,
    ])
    expect(verdict).toMatchObject({ message: expect.stringContaining('does not match the signature') as string })
  })
})

describe('anything that a socket can bring', () => {
  it('is answered with a verdict and never with a crash', () => {
    const wild = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
    const name = fc.oneof(
      wild,
      fc.constantFrom('Authorization', 'host', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256'),
    )
    const pieces = fc.constantFrom(
      'AWS4-HMAC-SHA256',
      ' ',
      'Credential=',
      'AKIAIOSFODNN7EXAMPLE',
      '/20260131',
      '/us-east-1',
      '/secretsmanager',
      '/aws4_request',
      ',',
      ' SignedHeaders=',
      'host',
      ';',
      ' Signature=',
      '0'.repeat(64),
      '=',
      '\u0000',
      'é',
    )
    const header = fc.oneof(
      wild,
      fc.array(pieces, { maxLength: 16 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(
        wild,
        wild,
        fc.array(fc.tuple(name, header), { maxLength: 12 }),
        fc.uint8Array(),
        (method, url, headers, body) => {
          expect(outcome({ method, url: `/${url}`, headers: headers.flat(), body: Buffer.from(body) })).not.toBe(
            'accepted',
          )
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('an odd number of header strings is no crash either', () => {
    expect(outcome({ method: 'POST', url: '/', headers: ['host'], body: Buffer.alloc(0) })).toContain(
      'MissingAuthenticationToken',
    )
  })
})
