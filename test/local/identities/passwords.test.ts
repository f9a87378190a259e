import { scryptSync } from 'node:crypto'
import { hashPassword, isPasswordHash, passwordProblem, verifyPassword } from '../../../local/identities/passwords.ts'

const PASSWORD = 'correct horse battery'

describe('a password', () => {
  it('is verified against its own hash and no other, and its hash is another each time', async () => {
    const [one, two] = await Promise.all([hashPassword(PASSWORD), hashPassword(PASSWORD)])
    expect(one).toMatch(/^scrypt\$32768\$8\$3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(one).not.toBe(two)
    expect(one).not.toContain('horse')
    expect(await verifyPassword(PASSWORD, one)).toBe(true)
    expect(await verifyPassword(`${PASSWORD} `, one)).toBe(false)
    expect(await verifyPassword('', one)).toBe(false)
  })

  it('is the same however its accents are composed', async () => {
    const hash = await hashPassword('caf\u00e9 caf\u00e9 caf\u00e9')
    expect(await verifyPassword('cafe\u0301 cafe\u0301 cafe\u0301', hash)).toBe(true)
  })

  it('is verified against hashes that were made elsewhere', async () => {
    const salt = Buffer.alloc(16, 7)
    const derived = scryptSync(PASSWORD, salt, 32, { N: 16_384, r: 8, p: 1 })
    const hash = `scrypt$16384$8$1$${salt.toString('base64')}$${derived.toString('base64')}`
    expect(await verifyPassword(PASSWORD, hash)).toBe(true)
  })

  it('is wrong where there is no hash, after the same work', async () => {
    const hash = await hashPassword(PASSWORD)
    const timed = async (against: string | undefined): Promise<number> => {
      const start = process.cpuUsage()
      expect(await verifyPassword('wrong', against)).toBe(false)
      return process.cpuUsage(start).user
    }
    const [known, unknown] = [await timed(hash), await timed(undefined)]
    expect(unknown / known).toBeGreaterThan(0.3)
  })

  it('does not block the loop, and only so many hashes are made at once', async () => {
    const order: string[] = []
    const hashed = Promise.all(Array.from({ length: 3 }, () => verifyPassword('x', undefined))).then(() =>
      order.push('hashes'),
    )
    await new Promise((resolve) => setImmediate(resolve))
    order.push('loop')
    await hashed
    expect(order).toEqual(['loop', 'hashes'])
  })

  it.each([
    ['short', 'has 5 characters'],
    ['x'.repeat(257), 'has 257 characters'],
    ['\u{1f600}'.repeat(11), 'has 11 characters'],
  ])('of a wrong length is refused without being shown', (password, message) => {
    expect(passwordProblem(password)).toContain(message)
    expect(passwordProblem(password)).not.toContain(password)
  })

  it('of twelve characters is taken', () => {
    expect(passwordProblem('x'.repeat(12))).toBeUndefined()
  })
})

describe('a hash', () => {
  const [salt, derived] = ['A'.repeat(22), 'A'.repeat(43)]
  it.each([`scrypt$32768$8$3$${salt}$${derived}=`, `scrypt$131072$8$1$${salt}==$${derived}`])('%# is one', (text) =>
    expect(isPasswordHash(text)).toBe(true),
  )

  it.each([
    '',
    PASSWORD,
    `scrypt$1024$8$1$${salt}$${derived}`,
    `scrypt$4194304$8$1$${salt}$${derived}`,
    `scrypt$32769$8$1$${salt}$${derived}`,
    `scrypt$32768$32$1$${salt}$${derived}`,
    `scrypt$32768$8$99$${salt}$${derived}`,
    `scrypt$32768$8$0$${salt}$${derived}`,
    `scrypt$32768$8$3$AAAA$${derived}`,
    `scrypt$32768$8$3$${salt}$AAAA`,
    `bcrypt$32768$8$3$${salt}$${derived}`,
    ` scrypt$32768$8$3$${salt}$${derived}`,
  ])('%# is none: weak, greedy or not of this form', (text) => expect(isPasswordHash(text)).toBe(false))
})
