import { createSecretKey } from 'node:crypto'
import { MasterKey } from '../../../lambda/adapters/embedded/keyring/master-key.ts'
import { systemEntropy } from '../../../lambda/adapters/system-entropy.ts'
import { credentialsOf } from '../../../local/identities/credentials.ts'
import { emptyAccount } from '../../../local/identities/model.ts'
import { sessionsOf, type SessionGrant } from '../../../local/identities/sessions.ts'
import { signRequest } from '../../../local/sigv4/sign.ts'
import { isRefusal, SignatureVerifier } from '../../../local/sigv4/verify.ts'
import { ACCOUNT, openIdentities, put, roleOf, userOf } from './support/identity-fixture.ts'

let time = 1_800_000_000_000
const key = { accessKeyId: 'AKIAALICE', secretAccessKey: 'a-secret-of-alice', createdAt: 1, origin: 'api' } as const
const grant: SessionGrant = {
  kind: 'user',
  account: ACCOUNT,
  identityId: 'AIDAALICE',
  identityName: 'alice',
  durationSeconds: 900,
}

const sessionsWith = (fill: number) =>
  sessionsOf({
    masterKey: new MasterKey(createSecretKey(Buffer.alloc(32, fill))),
    entropy: systemEntropy,
    now: () => time,
  })

async function setUp() {
  const { store } = openIdentities()
  await put(store, 'users', userOf('alice', { accessKeys: [{ ...key, status: 'Active' }] }))
  const sessions = sessionsWith(1)
  const credentials = credentialsOf(store, sessions)
  const verifier = new SignatureVerifier({ credentials, wallClock: { now: () => time }, servesRegion: () => true })
  const verify = (signer: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) => {
    const request = { method: 'POST', url: '/', headers: { host: 'localhost' }, body: '{}' }
    const headers = signRequest(request, signer, { region: 'us-east-1', service: 'kms', time })
    const verdict = verifier.verify({ ...request, headers: Object.entries(headers).flat(), body: Buffer.from('{}') }, [
      'kms',
    ])
    return isRefusal(verdict) ? verdict.code : verdict.credential.principal.arn
  }
  return { store, sessions, credentials, verify }
}

const ARN = `arn:aws:iam::${ACCOUNT}:user/alice`

describe('the access key of a user', () => {
  it('is known while it is active, and no longer', async () => {
    const { store, credentials, verify } = await setUp()
    expect(verify(key)).toBe(ARN)
    expect(credentials.find(key.accessKeyId)).toMatchObject({ isAdmin: false })
    await put(store, 'users', userOf('alice', { accessKeys: [{ ...key, status: 'Inactive' }] }))
    expect(verify(key)).toBe('UnrecognizedClientException')
    await put(store, 'users', userOf('alice'))
    expect(verify(key)).toBe('UnrecognizedClientException')
  })

  it('administers Coffer only where it is marked so', async () => {
    const { store, credentials } = await setUp()
    await put(store, 'users', userOf('alice', { accessKeys: [{ ...key, status: 'Active', isAdmin: true }] }))
    expect(credentials.find(key.accessKeyId)?.isAdmin).toBe(true)
  })

  it('is the same credential again until something changes, and its signing key survives that', async () => {
    const { store, credentials } = await setUp()
    const first = credentials.find(key.accessKeyId)
    expect(credentials.find(key.accessKeyId)).toBe(first)
    await put(store, 'users', userOf('bob'))
    expect(credentials.find(key.accessKeyId)?.secretKey).toBe(first?.secretKey)
  })

  it('goes without a session token', async () => {
    const { sessions, verify } = await setUp()
    expect(verify({ ...key, sessionToken: sessions.issue(grant).sessionToken })).toBe('UnrecognizedClientException')
  })
})

describe('temporary credentials', () => {
  it('are good with their token, and never administer Coffer', async () => {
    const { store, sessions, credentials, verify } = await setUp()
    await put(store, 'users', userOf('alice', { accessKeys: [{ ...key, status: 'Active', isAdmin: true }] }))
    const issued = sessions.issue(grant)
    expect(verify(issued)).toBe(ARN)
    expect(credentials.find(issued.accessKeyId, issued.sessionToken)?.isAdmin).toBe(false)
  })

  it('are refused without it, with one that was changed, cut, or is of another session or data directory', async () => {
    const { sessions, verify } = await setUp()
    const { accessKeyId, secretAccessKey, sessionToken } = sessions.issue(grant)
    const refused = 'UnrecognizedClientException'
    expect(verify({ accessKeyId, secretAccessKey })).toBe(refused)
    for (const token of [
      sessionToken.slice(0, -4),
      sessionToken.slice(4),
      `${sessionToken.slice(0, 40)}${sessionToken[40] === 'A' ? 'B' : 'A'}${sessionToken.slice(41)}`,
      sessions.issue(grant).sessionToken,
      sessionsWith(2).issue(grant).sessionToken,
      'x',
    ])
      expect(verify({ accessKeyId, secretAccessKey, sessionToken: token })).toBe(refused)
    expect(verify(sessionsWith(2).issue(grant))).toBe(refused)
  })

  it('are refused with another secret', async () => {
    const { sessions, verify } = await setUp()
    expect(verify({ ...sessions.issue(grant), secretAccessKey: 'another-secret' })).toBe('InvalidSignatureException')
  })

  it('are refused as expired when their time is over, and as unknown while it has not begun', async () => {
    const { sessions, verify } = await setUp()
    const start = time
    const issued = sessions.issue(grant)
    time = start + 900_000 - 1
    expect(verify(issued)).toBe(ARN)
    time = start + 900_000
    expect(verify(issued)).toBe('ExpiredTokenException')
    time = start - 5 * 60_000 - 1
    expect(verify(issued)).toBe('UnrecognizedClientException')
    time = start
  })

  it('are refused once the user or role behind them is gone, also where one of the same name was made', async () => {
    const { store, sessions, verify } = await setUp()
    await put(store, 'roles', roleOf('app'))
    const role = { ...grant, kind: 'role', identityId: 'AROAAPP', identityName: 'app', sessionName: 's' } as const
    const issued = [grant, { ...grant, kind: 'federated', sessionName: 'f' } as const, role].map((one) =>
      sessions.issue(one),
    )
    const verdicts = () => issued.map((one) => verify(one))
    expect(verdicts()).toEqual([
      ARN,
      `arn:aws:sts::${ACCOUNT}:federated-user/f`,
      `arn:aws:sts::${ACCOUNT}:assumed-role/app/s`,
    ])
    expect(verify(sessions.issue({ ...role, identityId: 'AIDAALICE' }))).toBe('UnrecognizedClientException')
    await put(store, 'users', userOf('alice', { id: 'AIDAANOTHER' }))
    await put(store, 'roles', roleOf('app', { id: 'AROAANOTHER' }))
    expect(verdicts()).toEqual(Array(3).fill('UnrecognizedClientException'))
  })

  it("name the organization of the user's account, as it is now", async () => {
    const { store, sessions, credentials } = await setUp()
    const { accessKeyId, sessionToken } = sessions.issue(grant)
    const organization = (): unknown => [
      credentials.find(accessKeyId, sessionToken)?.principal.organization,
      credentials.find(key.accessKeyId)?.principal.organization,
    ]
    expect(organization()).toEqual([undefined, undefined])
    await store.replaceFile(new Map([[ACCOUNT, { ...emptyAccount(ACCOUNT), organization: 'o-exampleorgid' }]]))
    expect(organization()).toEqual(['o-exampleorgid', 'o-exampleorgid'])
  })
})
