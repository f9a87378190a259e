/**
 * Passwords as PostgreSQL keeps them, calculated here: sent instead of the password, they keep it out of the server's statement log and away from its extensions.
 * Source: RFC 5802 and RFC 7677 (SCRAM-SHA-256), RFC 4013 (SASLprep), PostgreSQL's documentation of pg_authid.
 * @module
 */
import { createHash, createHmac, hash, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

/** As PostgreSQL's own. */
export const DEFAULT_ITERATIONS = 4096
const SALT_BYTES = 16
const KEY_BYTES = 32

/** @returns `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`, of characters that need no quoting in SQL */
export async function scramVerifier(
  password: string,
  { iterations = DEFAULT_ITERATIONS, salt = randomBytes(SALT_BYTES) }: { iterations?: number; salt?: Buffer } = {},
): Promise<string> {
  const salted = await promisify(pbkdf2)(saslPrepared(password), salt, iterations, KEY_BYTES, 'sha256')
  const hmac = (label: string): Buffer => createHmac('sha256', salted).update(label).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`
}

/** For servers whose `password_encryption` is still `md5`. */
export const md5Verifier = (username: string, password: string): string => `md5${hash('md5', password + username)}`

const NON_ASCII = /[^\0-\x7f]/
/** RFC 3454, table C.1.2. */
const OTHER_SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g
/** RFC 3454, table B.1. */
// eslint-disable-next-line no-misleading-character-class -- joiners and selectors are meant one by one
const MAPPED_TO_NOTHING = /[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/g

/** Plain ASCII stays as it is, as the server has it. */
export const saslPrepared = (password: string): string =>
  NON_ASCII.test(password)
    ? password.replace(OTHER_SPACES, ' ').replace(MAPPED_TO_NOTHING, '').normalize('NFKC')
    : password
