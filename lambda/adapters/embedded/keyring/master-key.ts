/**
 * The master key: 256 bits that everything at rest hangs on, and where they come from. It is never used itself; each purpose derives its own key.
 *
 * Nothing here repeats a key or a passphrase in a text.
 * @module
 */
import { createSecretKey, hkdfSync, scryptSync, timingSafeEqual, type KeyObject } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Entropy } from '../../../core/ports/entropy.ts'
import type { KeyCheck, PassphraseParameters } from './key-check.ts'

const KEY_BYTES = 32
const KEY_FILE = 'master.key'
const HEX = /^[0-9A-Fa-f]{64}$/
/** 32 bytes in base64, padded or not; the last digit carries only four bits. */
const BASE64 = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=?$/
const MIN_PASSPHRASE_LENGTH = 12
const SALT_BYTES = 16
/** OWASP Password Storage Cheat Sheet, scrypt: N=2^17, r=8, p=1 (128 MiB, about 0.3 s). */
const SCRYPT = { n: 2 ** 17, r: 8, p: 1 } as const
/** Stored parameters beyond these are not ours: less would be weak, more would let a changed file ask for any amount of memory. */
const SCRYPT_RANGE = { minN: 2 ** 16, maxN: 2 ** 20 } as const

export type MasterKeySource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'passphrase'; readonly passphrase: string }

export class MasterKeyProblem extends Error {
  override readonly name = 'MasterKeyProblem'
  /**
   * `missing`: the data is there, its key file is not. `wrong`: not the key that the data was written with. `malformed`: not a key.
   * `exposed`: others can read the key file. `ambiguous`: two sources were given. `unreadable`: the file cannot be read or made.
   */
  readonly kind: 'missing' | 'wrong' | 'malformed' | 'exposed' | 'ambiguous' | 'unreadable' | 'emptied'

  constructor(kind: MasterKeyProblem['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

export class MasterKey {
  readonly #key: KeyObject

  constructor(key: KeyObject) {
    if (key.symmetricKeySize !== KEY_BYTES) throw new TypeError(`the master key must have ${KEY_BYTES} bytes`)
    this.#key = key
  }

  /** A 256-bit key for one purpose: HKDF-SHA-256 (RFC 5869) with the purpose as info. */
  derive(purpose: string): KeyObject {
    return createSecretKey(this.#expand(`coffer ${purpose} 1`))
  }

  /** A value that tells this master key from any other and nothing else about it. */
  fingerprint(): Buffer {
    return this.#expand('coffer master key check 1')
  }

  #expand(info: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#key, Buffer.alloc(0), info, KEY_BYTES))
  }
}

/**
 * Where the master key comes from: `COFFER_MASTER_KEY`, `COFFER_MASTER_PASSPHRASE`, or else a file in the data directory.
 * @throws {MasterKeyProblem} `ambiguous` when both variables are set
 */
export function masterKeySource(
  environment: Readonly<Record<string, string | undefined>>,
  dataDirectory: string,
): MasterKeySource {
  const { COFFER_MASTER_KEY: value, COFFER_MASTER_PASSPHRASE: passphrase } = environment
  if (value !== undefined && passphrase !== undefined)
    throw new MasterKeyProblem('ambiguous', 'Set COFFER_MASTER_KEY or COFFER_MASTER_PASSPHRASE, not both.')
  if (value !== undefined) return { kind: 'value', value }
  if (passphrase !== undefined) return { kind: 'passphrase', passphrase }
  return { kind: 'file', path: join(dataDirectory, KEY_FILE) }
}

export interface OpenedMasterKey {
  readonly masterKey: MasterKey
  /** What the next start checks against; equal to `known` when that was given. */
  readonly check: KeyCheck
}

/**
 * Obtains the master key. With `known`, nothing is made or written: the key must be the one of the check. Without, a key file or salt is
 * made where the source has none yet.
 * @throws {MasterKeyProblem}
 */
export function openMasterKey(source: MasterKeySource, known: KeyCheck | undefined, entropy: Entropy): OpenedMasterKey {
  const parameters = source.kind === 'passphrase' ? parametersFor(known, entropy) : undefined
  if (known && !parameters && known.passphrase)
    throw new MasterKeyProblem(
      'wrong',
      'The data was written under a passphrase: set COFFER_MASTER_PASSPHRASE, and not COFFER_MASTER_KEY.',
    )
  const masterKey = new MasterKey(bytesOf(source, parameters, { mayCreate: !known, entropy }))
  const fingerprint = masterKey.fingerprint()
  if (known && !timingSafeEqual(fingerprint, known.fingerprint))
    throw new MasterKeyProblem('wrong', `${nameOf(source)} is not the one that this data was written with.`)
  return { masterKey, check: known ?? { fingerprint, ...(parameters && { passphrase: parameters }) } }
}

interface Making {
  readonly mayCreate: boolean
  readonly entropy: Entropy
}

function bytesOf(source: MasterKeySource, parameters: PassphraseParameters | undefined, making: Making): KeyObject {
  switch (source.kind) {
    case 'file':
      return keyInFile(source.path, making)
    case 'value':
      return parseKey(source.value, 'COFFER_MASTER_KEY')
    case 'passphrase':
      return stretch(source.passphrase, parameters)
  }
}

function keyInFile(path: string, { mayCreate, entropy }: Making): KeyObject {
  const text = readIfThere(path)
  if (text !== undefined) return parseKey(text, `the master key file ${path}`)
  if (!mayCreate)
    throw new MasterKeyProblem(
      'missing',
      `${path} is missing: without it this data cannot be read. Restore it from a backup.`,
    )
  const bytes = entropy.bytes(KEY_BYTES)
  try {
    createKeyFile(path, `${bytes.toString('hex')}\n`)
  } catch (cause) {
    throw new MasterKeyProblem('unreadable', `The master key file ${path} cannot be made.`, { cause })
  }
  return consumed(bytes)
}

function readIfThere(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw new MasterKeyProblem('unreadable', `The master key file ${path} cannot be read.`, { cause })
  }
  try {
    // Group access is let pass: volume mounts with a group of their own (Kubernetes fsGroup) add it by themselves.
    if (process.platform !== 'win32' && (fstatSync(file).mode & 0o007) !== 0)
      throw new MasterKeyProblem('exposed', `Other users can read the master key file ${path}: run chmod 600 on it.`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

const isMissing = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT'

/** Durable before anything is sealed under it: file and directory entry are on the disk when this returns. */
function createKeyFile(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  if (process.platform === 'win32') return
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

function parseKey(text: string, name: string): KeyObject {
  const trimmed = text.trim()
  if (HEX.test(trimmed)) return consumed(Buffer.from(trimmed, 'hex'))
  if (BASE64.test(trimmed)) return consumed(Buffer.from(trimmed, 'base64'))
  throw new MasterKeyProblem('malformed', `${name} must be 64 hexadecimal digits or the base64 of 32 bytes.`)
}

function stretch(passphrase: string, parameters: PassphraseParameters | undefined): KeyObject {
  if (!parameters) throw new TypeError('a passphrase needs parameters')
  // The same characters can reach us composed or not.
  const text = passphrase.normalize('NFKC')
  if (text.length < MIN_PASSPHRASE_LENGTH)
    throw new MasterKeyProblem(
      'malformed',
      `COFFER_MASTER_PASSPHRASE must have at least ${MIN_PASSPHRASE_LENGTH} characters.`,
    )
  const { salt, n, r, p } = parameters
  // RFC 7914: 128 * r * (N + p) bytes, and some room.
  const maxmem = 128 * r * (n + p) + 1024 * 1024
  return consumed(scryptSync(text, salt, KEY_BYTES, { N: n, r, p, maxmem }))
}

function parametersFor(known: KeyCheck | undefined, entropy: Entropy): PassphraseParameters {
  if (!known) return { ...SCRYPT, salt: entropy.bytes(SALT_BYTES) }
  const { passphrase } = known
  if (!passphrase)
    throw new MasterKeyProblem(
      'wrong',
      'The data was written under a key, not under a passphrase: unset COFFER_MASTER_PASSPHRASE.',
    )
  const { n, r, p, salt } = passphrase
  const isOurs =
    n >= SCRYPT_RANGE.minN && n <= SCRYPT_RANGE.maxN && (n & (n - 1)) === 0 && r === SCRYPT.r && p === SCRYPT.p
  if (!isOurs || salt.length < SALT_BYTES)
    throw new MasterKeyProblem('malformed', 'The stored scrypt parameters are out of range: the database was changed.')
  return passphrase
}

function consumed(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}

function nameOf(source: MasterKeySource): string {
  switch (source.kind) {
    case 'file':
      return `The master key in ${source.path}`
    case 'value':
      return 'COFFER_MASTER_KEY'
    case 'passphrase':
      return 'COFFER_MASTER_PASSPHRASE'
  }
}
