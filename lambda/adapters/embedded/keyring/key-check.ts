/**
 * The key check: what the database remembers about the master key it was written with, so that a wrong one is refused before anything
 * is written. Only a derived value is kept, from which the key cannot be had back.
 * @module
 */
import type { StatementSync } from 'node:sqlite'
import { z } from 'zod'
import type { Database } from '../database.ts'
import { MasterKeyProblem } from './master-key.ts'

export interface PassphraseParameters {
  readonly salt: Buffer
  /** scrypt's N, r and p. */
  readonly n: number
  readonly r: number
  readonly p: number
}

export interface KeyCheck {
  readonly fingerprint: Buffer
  /** Present when the master key comes from a passphrase. */
  readonly passphrase?: PassphraseParameters
}

interface Readable {
  prepare(sql: string): StatementSync
}

const ROW = 'master-key'
const bytes = (length: number) =>
  z
    .base64()
    .transform((text) => Buffer.from(text, 'base64'))
    .refine((value) => value.length === length)
const record = z.object({
  fingerprint: bytes(32),
  passphrase: z.object({ salt: bytes(16), n: z.int(), r: z.int(), p: z.int() }).optional(),
})
const stored = z.string().transform(asJson).pipe(record)

/** @param connection of an existing database that may hold no keyring yet @throws {MasterKeyProblem} when the record is not one of ours */
export function readKeyCheck(connection: Readable): KeyCheck | undefined {
  const table = connection.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'kms_meta'").get()
  const row = table && connection.prepare('SELECT value FROM kms_meta WHERE name = ?').get(ROW)
  if (!row) return undefined
  const { data } = stored.safeParse(row.value)
  if (!data)
    throw new MasterKeyProblem('malformed', 'The key check in the database is damaged: restore it from a backup.')
  const { fingerprint, passphrase } = data
  return { fingerprint, ...(passphrase && { passphrase }) }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** For a new database; the first record stays. */
export function recordKeyCheck(database: Database, { fingerprint, passphrase }: KeyCheck): Promise<void> {
  const text = JSON.stringify({
    fingerprint: fingerprint.toString('base64'),
    passphrase: passphrase && { ...passphrase, salt: passphrase.salt.toString('base64') },
  })
  return database.write(() => {
    database.prepare('INSERT INTO kms_meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING').run(ROW, text)
  })
}
