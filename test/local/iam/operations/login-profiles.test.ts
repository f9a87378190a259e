import type * as Crypto from 'node:crypto'
import { signInEndpoint } from '../../../../local/server/sign-in-endpoint.ts'
import { ACCOUNT, allowing, makeIdentities, type Parameters } from '../../support/identities.ts'

// The limits that are tested here count passwords and not their price, which is for test/local/identities/passwords.test.ts.
const mockCost = { N: 16 }
jest.mock('node:crypto', () => {
  const crypto = jest.requireActual<typeof Crypto>('node:crypto')
  type Done = (error: Error | null, derived: Buffer) => void
  const scrypt = (password: string, salt: Buffer, length: number, _cost: object, done: Done): void =>
    crypto.scrypt(password, salt, length, { ...mockCost }, done)
  return { ...crypto, scrypt }
})

const PASSWORD = 'a long password'
const NEW = 'another long password'

async function setUp() {
  const world = makeIdentities()
  const alice = await world.user('alice', allowing('iam:*'))
  await world.iam('CreateLoginProfile', { UserName: 'alice', Password: PASSWORD })
  const change = (OldPassword: string, more: Parameters = {}): Promise<unknown> =>
    world.iam('ChangePassword', { OldPassword, NewPassword: NEW, ...more }, alice)
  const endpoint = signInEndpoint({ ...world.identities, defaultAccount: ACCOUNT, now: () => world.clock.now() })
  const signIn = async (password: string, user = 'alice'): Promise<number | string> => {
    const body = Buffer.from(JSON.stringify({ user, password }))
    const answer = await endpoint.answer({ method: 'POST', contentType: 'application/json', body, sourceIp: '::1' })
    return answer.status === 200 ? 200 : (JSON.parse(answer.body) as { readonly __type: string }).__type
  }
  return { ...world, change, signIn }
}

const wrong = { status: 403, code: 'AccessDenied', message: 'The old password was incorrect.' }
const throttled = { status: 400, code: 'Throttling' }

describe('a change of a password', () => {
  it('is refused after five wrong ones, and so is signing in', async () => {
    const { change, signIn, clock } = await setUp()
    for (let n = 0; n < 5; n++) await expect(change('a wrong password')).rejects.toMatchObject(wrong)
    await expect(change(PASSWORD)).rejects.toMatchObject(throttled)
    await expect(signIn(PASSWORD)).resolves.toBe('ThrottlingException')
    clock.advance(30_000)
    await expect(change(PASSWORD)).resolves.toBeDefined()
    await expect(signIn(NEW)).resolves.toBe(200)
  }, 20_000)

  it('is refused after five wrong sign-ins, also when all are tried at once', async () => {
    const { change, signIn } = await setUp()
    const tried = await Promise.all(Array.from({ length: 6 }, () => signIn('a wrong password', 'ALICE')))
    expect(tried.filter((answer) => answer === 'ThrottlingException')).toHaveLength(1)
    await expect(change(PASSWORD)).rejects.toMatchObject(throttled)
  }, 20_000)

  it('that is right does not make up for wrong ones', async () => {
    const { change } = await setUp()
    for (let n = 0; n < 3; n++) await expect(change('a wrong password')).rejects.toMatchObject(wrong)
    await change(PASSWORD)
    for (let n = 0; n < 2; n++) await expect(change(PASSWORD)).rejects.toMatchObject(wrong)
    await expect(change(NEW)).rejects.toMatchObject(throttled)
  }, 20_000)
})

describe('passwords that are set', () => {
  it('wait only so many at a time, and keep nobody from signing in', async () => {
    // So long that there is a queue.
    mockCost.N = 2 ** 13
    const { iam, user, signIn } = await setUp()
    const names = Array.from({ length: 30 }, (_, n) => `u${n}`)
    for (const name of names) await user(name)
    const set = names.map((UserName) =>
      iam('CreateLoginProfile', { UserName, Password: PASSWORD }).then(
        () => 'set',
        (error: unknown) => (error as { readonly code: string }).code,
      ),
    )
    await Promise.race(set)
    const order: string[] = []
    const all = Promise.all(set).then((outcomes) => (order.push('set'), outcomes))
    expect(await signIn(PASSWORD)).toBe(200)
    order.push('signed in')
    const outcomes = await all
    expect(order).toEqual(['signed in', 'set'])
    // Two run and twenty wait.
    expect(outcomes.filter((outcome) => outcome === 'set')).toHaveLength(22)
    expect(outcomes.filter((outcome) => outcome === 'Throttling')).toHaveLength(8)
  }, 60_000)
})
