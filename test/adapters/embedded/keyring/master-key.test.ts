import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { readKeyCheck } from '../../../../lambda/adapters/embedded/keyring/key-check.ts'
import type { MasterKeySource } from '../../../../lambda/adapters/embedded/keyring/master-key.ts'
import { masterKeySource, openMasterKey } from '../../../../lambda/adapters/embedded/keyring/master-key.ts'
import { keyringSchema } from '../../../../lambda/adapters/embedded/keyring/schema.ts'
import { openSealedDatabase } from '../../../../lambda/adapters/embedded/keyring/sealed-database.ts'
import { entropy, failureOf } from '../../../support/keyring-fixture.ts'

const HEX = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
const OTHER_HEX = 'ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
const PASSPHRASE = 'correct horse battery staple'

let directory: string
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'coffer-master-key-'))))
afterEach(() => rmSync(directory, { recursive: true }))

const open = (masterKey: MasterKeySource, migrations: readonly string[] = [keyringSchema]) =>
  openSealedDatabase({ path: join(directory, 'coffer.db'), migrations, masterKey, entropy })

const file = (): MasterKeySource => masterKeySource({}, directory)
const path = (): string => join(directory, 'master.key')

describe('a master key in a file', () => {
  it('is made on first use, readable by its owner alone, and read back afterwards', async () => {
    const first = await open(file())
    first.database.close()
    expect(statSync(path()).mode & 0o777).toBe(0o600)
    const second = await open(file())
    second.database.close()
    expect(second.masterKey.fingerprint()).toEqual(first.masterKey.fingerprint())
  })

  it('is never made anew beside existing data', async () => {
    const { database } = await open(file())
    database.close()
    rmSync(path())
    await expect(open(file())).rejects.toMatchObject({ name: 'MasterKeyProblem', kind: 'missing' })
    expect(existsSync(path())).toBe(false)
  })

  it('is not begun anew over a database that lost its contents, as a backup without its write-ahead log does', async () => {
    const source = new DatabaseSync(join(directory, 'coffer.db'))
    source.exec('PRAGMA journal_mode = WAL')
    source.close()
    await expect(open(file())).rejects.toMatchObject({ kind: 'emptied', message: /coffer\.db-wal/ })
    expect(existsSync(path())).toBe(false)
  })

  it('is refused when other users can read it', async () => {
    writeFileSync(path(), HEX)
    chmodSync(path(), 0o644)
    await expect(open(file())).rejects.toMatchObject({ kind: 'exposed' })
  })

  it('is not replaced when it is damaged', async () => {
    writeFileSync(path(), 'not a key', { mode: 0o600 })
    await expect(open(file())).rejects.toMatchObject({ kind: 'malformed' })
    expect(readFileSync(path(), 'utf8')).toBe('not a key')
  })
})

describe('a master key in the environment', () => {
  it('is the same key in hexadecimal and in base64', () => {
    const base64 = Buffer.from(HEX, 'hex').toString('base64')
    const [a, b, c] = [HEX, base64, `${base64.slice(0, -1)}\n`].map((value) =>
      openMasterKey(masterKeySource({ COFFER_MASTER_KEY: value }, directory), undefined, entropy),
    )
    expect(a!.check.fingerprint).toEqual(b!.check.fingerprint)
    expect(a!.check.fingerprint).toEqual(c!.check.fingerprint)
    const bytesFor = (purpose: string): Buffer => a!.masterKey.derive(purpose).export()
    expect(bytesFor('one')).toEqual(b!.masterKey.derive('one').export())
    expect(bytesFor('one')).not.toEqual(bytesFor('other'))
  })

  it.each(['', 'secret-but-short', `${HEX}0`, HEX.slice(1), `${'A'.repeat(42)}B=`])(
    'is refused without being repeated when it is not 32 bytes: %j',
    async (value) => {
      const failure = await failureOf(() => openMasterKey({ kind: 'value', value }, undefined, entropy))
      expect(failure).toMatchObject({ kind: 'malformed' })
      if (value) expect(JSON.stringify([failure.message, failure.stack, String(failure.cause)])).not.toContain(value)
    },
  )

  it('excludes a passphrase', () => {
    const both = { COFFER_MASTER_KEY: HEX, COFFER_MASTER_PASSPHRASE: PASSPHRASE }
    expect(() => masterKeySource(both, directory)).toThrow('not both')
  })
})

describe('a master passphrase', () => {
  it('opens the data again with the salt and parameters that were stored', async () => {
    const source: MasterKeySource = { kind: 'passphrase', passphrase: PASSPHRASE }
    const first = await open(source)
    const check = readKeyCheck(first.database)
    first.database.close()
    expect(check?.passphrase).toMatchObject({ n: 2 ** 17, r: 8, p: 1 })
    const second = await open(source)
    second.database.close()
    expect(second.masterKey.fingerprint()).toEqual(first.masterKey.fingerprint())
    await expect(open({ kind: 'passphrase', passphrase: `${PASSPHRASE}!` })).rejects.toMatchObject({ kind: 'wrong' })
    await expect(open({ kind: 'value', value: HEX })).rejects.toThrow('set COFFER_MASTER_PASSPHRASE')
  })

  it('is refused when it is short', async () => {
    const failure = await failureOf(open({ kind: 'passphrase', passphrase: 'hunter2hunt' }))
    expect(failure).toMatchObject({ kind: 'malformed' })
    expect(failure.message).not.toContain('hunter2')
  })

  it('never runs with stored parameters that are weak or without bound', () => {
    const good = { salt: Buffer.alloc(16), n: 2 ** 17, r: 8, p: 1 }
    for (const changed of [
      { n: 2 ** 15 },
      { n: 2 ** 24 },
      { n: 2 ** 17 + 1 },
      { r: 4096 },
      { p: 1000 },
      { salt: Buffer.alloc(3) },
    ])
      expect(() =>
        openMasterKey(
          { kind: 'passphrase', passphrase: PASSPHRASE },
          { fingerprint: Buffer.alloc(32), passphrase: { ...good, ...changed } },
          entropy,
        ),
      ).toThrow('out of range')
  })
})

describe('a damaged key check', () => {
  it.each(['', 'null', '{', '{"fingerprint":"AAAA"}'])('stops the start: %j', async (value) => {
    const { database } = await open({ kind: 'value', value: HEX })
    await database.write(() => database.prepare('UPDATE kms_meta SET value = ?').run(value))
    database.close()
    await expect(open({ kind: 'value', value: HEX })).rejects.toMatchObject({ kind: 'malformed' })
  })
})

describe('a wrong master key', () => {
  it('is refused before anything is written, so that not even a migration runs', async () => {
    const { database } = await open({ kind: 'value', value: HEX })
    database.close()
    const before = readFileSync(join(directory, 'coffer.db'))
    const migrations = [keyringSchema, 'CREATE TABLE later (id INTEGER)']
    const failure = await failureOf(open({ kind: 'value', value: OTHER_HEX }, migrations))
    expect(failure).toMatchObject({ kind: 'wrong' })
    expect(failure.message).not.toContain(OTHER_HEX)
    expect(readFileSync(join(directory, 'coffer.db')).equals(before)).toBe(true)
    const opened = await open({ kind: 'value', value: HEX }, migrations)
    opened.database.close()
  })

  it('is told from a key when the data was written under one', async () => {
    const { database } = await open({ kind: 'value', value: HEX })
    database.close()
    await expect(open({ kind: 'passphrase', passphrase: PASSPHRASE })).rejects.toThrow('under a key')
  })
})
