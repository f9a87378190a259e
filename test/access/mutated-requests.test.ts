import { createSecretKey, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { STS } from '@aws-sdk/client-sts'
import { MasterKey } from '../../lambda/adapters/embedded/keyring/master-key.ts'
import { systemEntropy } from '../../lambda/adapters/system-entropy.ts'
import { identityIdOf } from '../../lambda/auth/principal.ts'
import { readServeConfig } from '../../local/config.ts'
import { sessionsOf, type SessionGrant } from '../../local/identities/sessions.ts'
import { signRequest, type SigningCredentials } from '../../local/sigv4/sign.ts'
import { startCoffer, type RunningCoffer } from '../../local/start.ts'
import { MemoryOutput } from '../local/support/memory-output.ts'
import { CanaryHunt } from '../support/canary.ts'
import { ADMIN } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { WireClient, type Answer, type SignedParts } from '../support/wire-client.ts'
import { HOME } from './names.ts'
import { mutationsOf, turned, type Mutated } from './request-mutations.ts'

const REGION = 'us-east-1'
const VALUE = 'SeCrEtThatNoMutationMayReach'
const MASTER = randomBytes(32)
const HOUR = 3_600_000
const makeDirectory = suiteDirectories()

const keyOf = (name: string) => ({
  accessKeyId: `AKIA${name.padEnd(16, 'X')}`,
  secretAccessKey: `secret-of-${name}-here`,
})
const [ALICE, BOB] = [keyOf('ALICE'), keyOf('BOB')]
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement })
const reads = policy({ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' })
const describes = policy({ Effect: 'Allow', Action: 'secretsmanager:DescribeSecret', Resource: '*' })
const trust = policy({
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${HOME}:user/alice` },
  Action: 'sts:AssumeRole',
})
const user = ({ accessKeyId: id, secretAccessKey: secret }: typeof ALICE, policies: object) => ({
  accessKeys: [{ id, secret }],
  policies,
})
const identities = JSON.stringify({
  accounts: {
    [HOME]: {
      users: { alice: user(ALICE, { reads }), bob: user(BOB, {}) },
      roles: { reader: { trust, policies: { reads } } },
    },
  },
})

interface Served {
  readonly coffer: RunningCoffer
  readonly output: MemoryOutput
  readonly dataDir: string
}

async function serve(masterKey: Buffer): Promise<Served> {
  const dataDir = makeDirectory()
  const file = join(makeDirectory(), 'identities.json')
  writeFileSync(file, identities)
  const output = new MemoryOutput()
  const flags = { port: '0', dataDir, identities: file, account: HOME, logFormat: 'json' }
  const secrets = { adminKey: ADMIN, masterKey: masterKey.toString('base64') }
  return { coffer: await startCoffer({ config: readServeConfig(flags, {}), secrets, output }), output, dataDir }
}

let home: Served
let elsewhere: Served
let client: WireClient
const canaries = new Map<string, string>([
  ['value', VALUE],
  ['key of alice', ALICE.secretAccessKey],
])
beforeAll(async () => {
  home = await serve(MASTER)
  elsewhere = await serve(randomBytes(32))
  client = new WireClient({ endpoint: home.coffer.url, credentials: ADMIN, region: REGION })
  await client.call('CreateSecret', { Name: 'a', SecretString: VALUE, ClientRequestToken: 'v'.repeat(32) })
})
afterAll(async () => {
  client.close()
  await Promise.all([home.coffer.close(), elsewhere.coffer.close()])
})

function signedRead(credentials: SigningCredentials, over: { region?: string; time?: number } = {}): SignedParts {
  const body = JSON.stringify({ SecretId: 'a' })
  const headers = signRequest(
    {
      method: 'POST',
      url: '/',
      headers: {
        host: new URL(home.coffer.url).host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'secretsmanager.GetSecretValue',
      },
      body,
    },
    credentials,
    { region: REGION, service: 'secretsmanager', time: Date.now(), ...over },
  )
  return { method: 'POST', path: '/', headers, body }
}

async function assumed(served: Served, sessionPolicy?: object): Promise<Required<SigningCredentials>> {
  const sts = new STS({ endpoint: served.coffer.url, region: REGION, credentials: ALICE, maxAttempts: 1 })
  const { Credentials } = await sts.assumeRole({
    RoleArn: `arn:aws:iam::${HOME}:role/reader`,
    RoleSessionName: 'now',
    ...(sessionPolicy && { Policy: JSON.stringify(sessionPolicy) }),
  })
  sts.destroy()
  const keys = {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  }
  canaries.set(`key of ${keys.accessKeyId}`, keys.secretAccessKey)
  canaries.set(`token of ${keys.accessKeyId}`, keys.sessionToken)
  return keys
}

/** Refused, by the server and not by an accident, and with nothing of the secret in it. */
const isRefused = ({ status, text }: Answer): boolean =>
  status >= 400 && status < 500 && !text.includes(VALUE) && !text.includes('SecretString')

/** @returns those that were not refused */
async function notRefused(mutated: Iterable<Mutated>): Promise<{ readonly count: number; readonly through: string[] }> {
  const through: string[] = []
  let count = 0
  const rest = mutated[Symbol.iterator]()
  const lane = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      count++
      const { what, request } = next.value
      const answer = await client.exchange(request)
      if (!isRefused(answer)) through.push(`${what}: ${answer.status}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return { count, through }
}

const accepts = async (request: SignedParts): Promise<void> =>
  expect(await client.exchange(request)).toMatchObject({ status: 200, text: expect.stringContaining(VALUE) })

describe('a signed request that was changed in one thing', () => {
  it('is refused: long-term keys', async () => {
    const signed = signedRead(ALICE)
    await accepts(signed)
    const { count, through } = await notRefused(mutationsOf(signed))
    expect(through).toEqual([])
    expect(count).toBeGreaterThan(170)
    await accepts(signed)
  })

  it('is refused: credentials of a session', async () => {
    const signed = signedRead(await assumed(home))
    await accepts(signed)
    const { count, through } = await notRefused(mutationsOf(signed))
    expect(through).toEqual([])
    expect(count).toBeGreaterThan(170)
  })

  it('is refused with the keys of somebody who may not, under the name of somebody who may', async () => {
    const session = await assumed(home)
    const forged: [string, SigningCredentials][] = [
      ['the other key id', { ...BOB, accessKeyId: ALICE.accessKeyId }],
      ['the other secret', { ...ALICE, secretAccessKey: BOB.secretAccessKey }],
      ['the admin by name', { ...BOB, accessKeyId: ADMIN.accessKeyId }],
      ['a token beside keys of a user', { ...BOB, sessionToken: session.sessionToken }],
      ['the id of a session', { ...BOB, accessKeyId: session.accessKeyId }],
      ['a token and id with the wrong secret', { ...session, secretAccessKey: BOB.secretAccessKey }],
      ['a token with long-term keys that may', { ...ALICE, sessionToken: session.sessionToken }],
      ['a session without its token', { accessKeyId: session.accessKeyId, secretAccessKey: session.secretAccessKey }],
    ]
    const { through } = await notRefused(forged.map(([what, keys]) => ({ what, request: signedRead(keys) })))
    expect(through).toEqual([])
    expect((await client.exchange(signedRead(BOB))).text).toContain('AccessDeniedException')
  })

  it('is refused when it was signed for another Region or another time', async () => {
    await accepts(signedRead(ALICE, { time: Date.now() - 4 * 60_000 }))
    const others = [{ region: 'xx-nowhere-1' }, { time: Date.now() - 6 * 60_000 }, { time: Date.now() + 6 * 60_000 }]
    const { through } = await notRefused(
      others.map((over) => ({ what: JSON.stringify(over), request: signedRead(ALICE, over) })),
    )
    expect(through).toEqual([])
  })
})

describe('a session token that was changed, signed anew by whoever has the keys', () => {
  const withToken = (keys: SigningCredentials, sessionToken: string): Mutated => ({
    what: `token of ${sessionToken.length}`,
    request: signedRead({ ...keys, sessionToken }),
  })
  const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

  it('is refused: other characters, cut off, drawn out', async () => {
    const keys = await assumed(home)
    const { sessionToken: token } = keys
    const bare = token.replace(/=+$/, '')
    const tokens = [
      ...turned(bare, BASE64, 3),
      ...Array.from({ length: Math.floor(token.length / 16) }, (_, index) => token.slice(0, index * 16)),
      ...[`${token}A`, `${token}=`, `A${token}`, `${token}${token}`, ` ${token.slice(1)}`, token.replace(/.$/, '')],
      // The same bytes in another spelling.
      ...[bare.replaceAll('+', '-').replaceAll('/', '_'), `${token}====`].filter((other) => other !== token),
    ]
    const { count, through } = await notRefused(tokens.map((other) => withToken(keys, other)))
    expect(through).toEqual([])
    expect(count).toBeGreaterThan(60)
    await accepts(signedRead(keys))
  })

  it('is refused: of another session, whichever of the two is limited', async () => {
    const [limited, free] = [await assumed(home, describes), await assumed(home)]
    await accepts(signedRead(free))
    expect((await client.exchange(signedRead(limited))).text).toContain('because no session policy allows')
    const swapped = [
      withToken(limited, free.sessionToken),
      withToken(free, limited.sessionToken),
      withToken({ ...limited, accessKeyId: free.accessKeyId }, free.sessionToken),
      withToken({ ...free, accessKeyId: limited.accessKeyId }, limited.sessionToken),
    ]
    expect((await notRefused(swapped)).through).toEqual([])
  })

  it('is refused: of another data directory', async () => {
    const foreign = await assumed(elsewhere)
    expect((await notRefused([withToken(foreign, foreign.sessionToken)])).through).toEqual([])
    const own = await assumed(home)
    expect(
      (await notRefused([withToken(own, foreign.sessionToken), withToken(foreign, own.sessionToken)])).through,
    ).toEqual([])
  })

  it('is refused: expired, from the future, of a role that is no more or another', async () => {
    const sessionsAt = (time: number) =>
      sessionsOf({ masterKey: new MasterKey(createSecretKey(MASTER)), entropy: systemEntropy, now: () => time })
    const own = await assumed(home)
    const { userId } = sessionsAt(Date.now()).open(own.accessKeyId, own.sessionToken)!.principal
    const grant: SessionGrant = {
      kind: 'role',
      account: HOME,
      identityId: identityIdOf({ userId }),
      identityName: 'reader',
      sessionName: 'now',
      durationSeconds: 900,
    }
    const issued = (by: number, over: Partial<SessionGrant> = {}) =>
      sessionsAt(Date.now() + by).issue({ ...grant, ...over })
    // Made here just as the server makes them.
    await accepts(signedRead(issued(0)))
    await accepts(signedRead(issued(-600_000)))
    const others: [string, SigningCredentials][] = [
      ['expired', issued(-HOUR)],
      ['expired a moment ago', issued(-901_000)],
      ['of the future', issued(HOUR)],
      ['of a role that is no more', issued(0, { identityId: 'AROAGONEGONEGONEGONE0' })],
      ['of a user with the id of a role', issued(0, { kind: 'user', identityName: 'alice' })],
      ['of an account that is none', issued(0, { account: '999999999999' })],
      ['with a policy that cannot be read', issued(0, { policies: ['{"Version":'] })],
      ['with no policy that allows anything', issued(0, { policies: [] })],
    ]
    expect((await notRefused(others.map(([what, keys]) => ({ what, request: signedRead(keys) })))).through).toEqual([])
  })
})

describe('after all that', () => {
  it('nothing was a fault, and no key, token or value is in the log or in a data file', () => {
    expect(home.output.lines.filter((line) => line.includes('"level":"error"'))).toEqual([])
    const hunt = new CanaryHunt()
    for (const [name, secret] of canaries) hunt.add(name, secret)
    expect([...hunt.inText('log', home.output.text), ...hunt.inDirectory(home.dataDir)]).toEqual([])
    expect(home.output.text).toContain('InvalidSignatureException')
  })
})
