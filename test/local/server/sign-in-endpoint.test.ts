import type * as Crypto from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashPassword } from '../../../local/identities/passwords.ts'
import { codeAt, seedBytes, stepAt } from '../../../local/identities/totp.ts'
import { signInEndpoint } from '../../../local/server/sign-in-endpoint.ts'
import { makeIdentities } from '../support/identities.ts'
import { callSigned, startForTest } from '../support/running-server.ts'
import { temporaryDirectories } from '../support/temporary-directory.ts'

// The limits that are tested here count passwords and not their price, which is for test/local/identities/passwords.test.ts.
jest.mock('node:crypto', () => {
  const crypto = jest.requireActual<typeof Crypto>('node:crypto')
  type Done = (error: Error | null, derived: Buffer) => void
  const scrypt = (password: string, salt: Buffer, length: number, _cost: object, done: Done): void =>
    crypto.scrypt(password, salt, length, { N: 16 }, done)
  return { ...crypto, scrypt }
})

const newDirectory = temporaryDirectories()
const ACCOUNT = '123456789012'
const OTHER = '210987654321'
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const PASSWORD = 'correct horse battery'
const code = (): string => codeAt(seedBytes(SEED)!, stepAt(Date.now()))

let hash = ''
beforeAll(async () => {
  hash = await hashPassword(PASSWORD)
})

let close: () => Promise<void>
afterEach(() => close())

async function start() {
  const directory = newDirectory()
  const identities = join(directory, 'identities.json')
  writeFileSync(
    identities,
    JSON.stringify({
      accounts: {
        [ACCOUNT]: {
          users: {
            Alice: { path: '/team/', passwordHash: hash },
            bob: { passwordHash: hash, mfaDevices: { phone: { seed: SEED } } },
            silent: {},
          },
        },
        [OTHER]: { users: { carol: { passwordHash: hash } } },
      },
    }),
  )
  const { coffer, output } = await startForTest(join(directory, 'data'), { identities })
  close = coffer.close
  const post = (body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(`${coffer.url}/_coffer/sign-in`, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const signIn = async (body: unknown): Promise<Record<string, string>> => {
    const response = await post(body)
    return { status: String(response.status), ...((await response.json()) as Record<string, string>) }
  }
  return { url: coffer.url, output, post, signIn }
}

const DENIED = {
  status: '400',
  __type: 'AccessDeniedException',
  message: 'The account, the user name, the password or the MFA code is wrong.',
}

describe('signing in', () => {
  it('with a password gives temporary credentials that work', async () => {
    const { url, signIn, output } = await start()
    const answer = await signIn({ user: 'alice', password: PASSWORD, durationSeconds: 900 })
    expect(answer).toMatchObject({ status: '200', arn: `arn:aws:iam::${ACCOUNT}:user/team/Alice` })
    const { accessKeyId = '', secretAccessKey = '', sessionToken = '', expiration = '' } = answer
    expect(Math.abs(Date.parse(expiration) - Date.now() - 900_000)).toBeLessThan(60_000)
    const credentials = { accessKeyId, secretAccessKey, sessionToken }
    expect((await callSigned(url, { credentials })).status).toBe(200)
    const admin = await callSigned(url, {
      credentials,
      method: 'GET',
      path: '/_coffer/clock',
      service: 'coffer',
      headers: {},
    })
    expect(await admin.json()).toMatchObject({ __type: 'AccessDeniedException' })
    for (const secret of [PASSWORD, secretAccessKey, sessionToken]) expect(output.text).not.toContain(secret)
    expect(output.text).toContain('"operation":"SignIn"')
  })

  it('needs a code where the user has a device, and takes it once', async () => {
    const { signIn } = await start()
    const user = { user: 'bob', password: PASSWORD }
    expect(await signIn(user)).toEqual(DENIED)
    const given = code()
    expect(await signIn({ ...user, code: given })).toMatchObject({ status: '200' })
    expect(await signIn({ ...user, code: given })).toEqual(DENIED)
  })

  it('is refused with one answer, whatever is wrong', async () => {
    const { signIn, output } = await start()
    for (const wrong of [
      { user: 'alice', password: 'wrong' },
      { user: 'nobody', password: PASSWORD },
      { user: 'silent', password: PASSWORD },
      { user: 'carol', password: PASSWORD },
      { user: 'alice', password: PASSWORD, code: '123456' },
      { user: 'bob', password: PASSWORD, code: '000000' },
      { user: 'bob', password: 'wrong', code: code() },
      { account: '111111111111', user: 'alice', password: PASSWORD },
      { user: '__proto__', password: PASSWORD },
    ])
      expect(await signIn(wrong)).toEqual(DENIED)
    expect(await signIn({ account: OTHER, user: 'carol', password: PASSWORD })).toMatchObject({ status: '200' })
    expect(output.text).not.toContain('nobody')
  })

  it('is throttled by user after five failures, whether there is such a user or not', async () => {
    const { signIn } = await start()
    for (const user of ['alice', 'nobody']) {
      const answers = await Promise.all(Array.from({ length: 7 }, () => signIn({ user, password: 'wrong' })))
      const codes = answers.map(({ __type }) => __type).sort()
      expect(codes).toEqual([
        ...Array<string>(5).fill('AccessDeniedException'),
        'ThrottlingException',
        'ThrottlingException',
      ])
    }
    expect(await signIn({ user: 'ALICE', password: PASSWORD })).toMatchObject({ __type: 'ThrottlingException' })
    expect(await signIn({ account: OTHER, user: 'carol', password: PASSWORD })).toMatchObject({ status: '200' })
  }, 20_000)

  it('is throttled by address, however many users are tried', async () => {
    const { signIn } = await start()
    const codes: (string | undefined)[] = []
    for (let batch = 0; batch < 2; batch++) {
      const tries = Array.from({ length: 15 }, (_, n) => signIn({ user: `u${batch}-${n}`, password: 'x' }))
      codes.push(...(await Promise.all(tries)).map(({ __type }) => __type))
    }
    expect(codes.filter((type) => type === 'AccessDeniedException')).toHaveLength(20)
    expect(await signIn({ user: 'alice', password: PASSWORD })).toMatchObject({ __type: 'ThrottlingException' })
  }, 60_000)

  it('by an address that may try no more locks out nobody', async () => {
    const { identities } = makeIdentities()
    const endpoint = signInEndpoint({ ...identities, defaultAccount: ACCOUNT, now: () => 0 })
    const attempt = async (user: string, sourceIp: string) =>
      (
        await endpoint.answer({
          method: 'POST',
          contentType: 'application/json',
          body: Buffer.from(JSON.stringify({ user, password: 'wrong' })),
          sourceIp,
        })
      ).report.code
    for (let n = 0; n < 20; n++) expect(await attempt(`u${n}`, `2001:db8::${n}`)).toBe('AccessDeniedException')
    for (let n = 0; n < 10; n++) expect(await attempt('alice', '2001:db8::ffff:1')).toBe('ThrottlingException')
    expect(await attempt('alice', '2001:db8:0:1::1')).toBe('AccessDeniedException')
  }, 60_000)

  it('takes JSON alone: a form of a web page cannot send that', async () => {
    const { post, signIn } = await start()
    const good = JSON.stringify({ user: 'alice', password: PASSWORD })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
      expect((await post(good, { 'content-type': type })).status).toBe(400)
    for (const body of [
      '',
      '[]',
      '{}',
      '{"user":"alice"}',
      { user: 'alice', password: PASSWORD, more: 1 },
      { user: 'alice', password: PASSWORD, durationSeconds: 1 },
    ])
      expect(await signIn(body)).toMatchObject({ __type: 'ValidationException' })
  })
})
