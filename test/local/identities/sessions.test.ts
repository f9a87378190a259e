import { createSecretKey } from 'node:crypto'
import { MasterKey } from '../../../lambda/adapters/embedded/keyring/master-key.ts'
import { systemEntropy } from '../../../lambda/adapters/system-entropy.ts'
import { sessionsOf, SessionTooLarge, type SessionGrant } from '../../../local/identities/sessions.ts'

const ACCOUNT = '123456789012'
const HOUR = 3_600_000
let time = 1_800_000_000_000

const sessionsWith = (fill = 1) =>
  sessionsOf({
    masterKey: new MasterKey(createSecretKey(Buffer.alloc(32, fill))),
    entropy: systemEntropy,
    now: () => time,
  })

const grant: SessionGrant = {
  kind: 'role',
  account: ACCOUNT,
  identityId: 'AROAEXAMPLE',
  identityName: 'app',
  sessionName: 'deploy',
  durationSeconds: 3600,
}

describe('a session token', () => {
  it('tells who it is, with everything that was granted, also after a restart', () => {
    const issued = sessionsWith().issue({
      ...grant,
      mfaAt: time - 5,
      tags: { team: 'blue' },
      transitiveTagKeys: ['team'],
      policies: ['{"a":1}'],
      sourceIdentity: 'alice',
    })
    const opened = sessionsWith().open(issued.accessKeyId, issued.sessionToken)
    expect(opened).toMatchObject({ sessionToken: issued.sessionToken, expiresAt: time + HOUR })
    expect(opened?.principal).toEqual({
      account: ACCOUNT,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/app/deploy`,
      userId: 'AROAEXAMPLE:deploy',
      accessKeyId: issued.accessKeyId,
      session: {
        issuedAt: time,
        mfaAt: time - 5,
        tags: { team: 'blue' },
        transitiveTagKeys: ['team'],
        policies: ['{"a":1}'],
        sourceIdentity: 'alice',
      },
    })
    expect(issued.principal).toEqual(opened?.principal)
    expect(opened?.secretKey.export().toString()).toBe(`AWS4${issued.secretAccessKey}`)
  })

  it('has credentials in the form of AWS, and another secret each time', () => {
    const [one, two] = [sessionsWith().issue(grant), sessionsWith().issue(grant)]
    expect(one.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(one.secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/)
    expect(one.sessionToken).toMatch(/^[A-Za-z0-9+/]+=*$/)
    expect(two.secretAccessKey).not.toBe(one.secretAccessKey)
    expect(Buffer.from(one.sessionToken, 'base64').toString('latin1')).not.toContain(ACCOUNT)
  })

  it.each<[SessionGrant, object]>([
    [
      { ...grant, kind: 'user', identityId: 'AIDAX', identityName: 'alice', identityPath: '/team/' },
      { arn: `arn:aws:iam::${ACCOUNT}:user/team/alice`, userId: 'AIDAX', session: { issuedAt: time } },
    ],
    [
      { ...grant, kind: 'federated', identityId: 'AIDAX', identityName: 'alice', sessionName: 'bob' },
      {
        arn: `arn:aws:sts::${ACCOUNT}:federated-user/bob`,
        userId: `${ACCOUNT}:bob`,
        session: { issuedAt: time, issuerId: 'AIDAX' },
      },
    ],
  ])('names the owner as policies do', (given, expected) => {
    expect(sessionsWith().issue(given).principal).toMatchObject(expected)
  })

  it('is nothing when a character is changed, cut off or added, anywhere', () => {
    const sessions = sessionsWith()
    const { accessKeyId, sessionToken } = sessions.issue(grant)
    sessions.open(accessKeyId, sessionToken)
    for (let at = 0; at < sessionToken.length; at++) {
      const other = sessionToken[at] === 'A' ? 'B' : 'A'
      expect(sessions.open(accessKeyId, sessionToken.slice(0, at) + other + sessionToken.slice(at + 1))).toBeUndefined()
      expect(sessions.open(accessKeyId, sessionToken.slice(0, at))).toBeUndefined()
    }
    for (const changed of [
      `${sessionToken}A`,
      `${sessionToken}=`,
      ` ${sessionToken}`,
      `${sessionToken}\n`,
      'x'.repeat(9000),
    ])
      expect(sessions.open(accessKeyId, changed)).toBeUndefined()
    expect(sessions.open(accessKeyId, sessionToken)).toBeDefined()
  })

  it('is nothing in another data directory', () => {
    const { accessKeyId, sessionToken } = sessionsWith(2).issue(grant)
    expect(sessionsWith(1).open(accessKeyId, sessionToken)).toBeUndefined()
  })

  it('is nothing beside another access key, be it a session of its own', () => {
    const sessions = sessionsWith()
    const [one, two] = [sessions.issue(grant), sessions.issue(grant)]
    for (const id of [two.accessKeyId, 'AKIAEXAMPLEEXAMPLE12', ''])
      expect(sessions.open(id, one.sessionToken)).toBeUndefined()
  })

  it('is nothing when it comes from the future, but for a skew of five minutes', () => {
    const start = time
    const sessions = sessionsWith()
    const { accessKeyId, sessionToken } = sessions.issue(grant)
    time = start - 5 * 60_000
    expect(sessions.open(accessKeyId, sessionToken)).toBeDefined()
    time -= 1
    expect(sessions.open(accessKeyId, sessionToken)).toBeUndefined()
    time = start
  })

  it('that has expired still tells when: its refusal is another', () => {
    const start = time
    const sessions = sessionsWith()
    const { accessKeyId, sessionToken } = sessions.issue({ ...grant, durationSeconds: 900 })
    time += HOUR
    expect(sessions.open(accessKeyId, sessionToken)?.expiresAt).toBe(start + 900_000)
    time = start
  })

  it('is the same object again while it is in use', () => {
    const sessions = sessionsWith()
    const { accessKeyId, sessionToken } = sessions.issue(grant)
    expect(sessions.open(accessKeyId, sessionToken)).toBe(sessions.open(accessKeyId, sessionToken))
  })

  it('has room for so much: a request must carry it', () => {
    const random = (bytes: number): string => systemEntropy.bytes(bytes).toString('hex')
    const fits = sessionsWith().issue({ ...grant, policies: [random(1024), random(1024)] })
    expect(fits.packedPercent).toBeGreaterThan(30)
    expect(fits.sessionToken.length).toBeLessThan(8192)
    expect(() => sessionsWith().issue({ ...grant, policies: [random(8000)] })).toThrow(SessionTooLarge)
  })
})
