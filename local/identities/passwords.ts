/**
 * Passwords at rest: scrypt (RFC 7914) in the form `scrypt$N$r$p$salt$hash`. Hashing runs on the thread pool, a few at a time and so many waiting at most, so that nobody
 * can take all memory; signing in does not wait behind those who set passwords.
 * @module
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Turns } from './turns.ts'

/** OWASP Password Storage Cheat Sheet: N=2^15, r=8, p=3 (32 MiB, about 0.2 s). */
const COST = { N: 2 ** 15, r: 8, p: 3 } as const
const SALT_BYTES = 16
const HASH_BYTES = 32
/** NIST SP 800-63B asks for eight at least and for 64 to be accepted; one factor alone deserves more. */
export const MIN_PASSWORD_LENGTH = 12
export const MAX_PASSWORD_LENGTH = 256
/** Hashes of a file may be made elsewhere: less would be weak, more would let the file ask for any amount of memory. */
const RANGE = { N: [2 ** 14, 2 ** 17], r: [8, 8], p: [1, 8] } as const

/** What is wrong with a password that is to be set; undefined: nothing. */
export function passwordProblem(password: string): string | undefined {
  const { length } = Array.from(password)
  return length < MIN_PASSWORD_LENGTH || length > MAX_PASSWORD_LENGTH
    ? `The password has ${length} characters, expected ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH}`
    : undefined
}

/** Whose work it is: of sign-ins, or of those who set and change passwords. */
export type PasswordLane = 'sign-in' | 'change'

/** Each costs 32 MiB and a fifth of a second. */
const turns = new Turns<PasswordLane>(['sign-in', 'change'], { atOnce: 2, capacity: 20 })

/** Whether a password can be verified now, or in a while. */
export const isTurnFree = (lane: PasswordLane): boolean => turns.hasRoom(lane)

/** @throws {LaneFull} */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const derived = await turns.run('change', () => derive(password, salt, COST))
  return ['scrypt', COST.N, COST.r, COST.p, base64(salt), base64(derived)].join('$')
}

/**
 * In the same time for every password, and for no hash at all: whether there is such a user does not show.
 * @param passwordHash undefined: there is no user, or none with a password
 * @throws {LaneFull}
 */
export async function verifyPassword(
  password: string,
  passwordHash: string | undefined,
  lane: PasswordLane = 'sign-in',
): Promise<boolean> {
  const parsed = passwordHash === undefined ? undefined : parseHash(passwordHash)
  const { cost, salt, derived } = parsed ?? DUMMY
  const candidate = await turns.run(lane, () => derive(password, salt, cost))
  return timingSafeEqual(candidate, derived) && parsed !== undefined
}

export const isPasswordHash = (text: string): boolean => parseHash(text) !== undefined

interface Cost {
  readonly N: number
  readonly r: number
  readonly p: number
}

interface ParsedHash {
  readonly cost: Cost
  readonly salt: Buffer
  readonly derived: Buffer
}

const DUMMY: ParsedHash = { cost: COST, salt: Buffer.alloc(SALT_BYTES), derived: Buffer.alloc(HASH_BYTES) }

function parseHash(text: string): ParsedHash | undefined {
  const match = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/]{22,44}={0,2})\$([A-Za-z0-9+/]{43}=?)$/.exec(
    text,
  )
  if (match === null) return undefined
  const [, N, r, p, salt = '', derived = ''] = match
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  const isPowerOfTwo = (cost.N & (cost.N - 1)) === 0
  const isInRange = (['N', 'r', 'p'] as const).every(
    (name) => cost[name] >= RANGE[name][0] && cost[name] <= RANGE[name][1],
  )
  const bytes = { salt: Buffer.from(salt, 'base64'), derived: Buffer.from(derived, 'base64') }
  return isPowerOfTwo && isInRange && bytes.derived.length === HASH_BYTES ? { cost, ...bytes } : undefined
}

function derive(password: string, salt: Buffer, { N, r, p }: Cost): Promise<Buffer> {
  const maxmem = 2 * 128 * N * r
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, { N, r, p, maxmem }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
