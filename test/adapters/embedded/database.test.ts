import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Database, DatabaseProblem } from '../../../lambda/adapters/embedded/database.ts'

const migrations = ['CREATE TABLE t (k TEXT PRIMARY KEY, v INTEGER) STRICT']

describe('the database', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coffer-db-'))
    path = join(folder, 'coffer.db')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const rows = (database: Database) =>
    database
      .prepare('SELECT k, v FROM t ORDER BY k')
      .all()
      .map((row) => [row.k, row.v])

  it('commits the writes of one moment together, and a failed one undoes only itself', async () => {
    const database = new Database({ path, migrations })
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)')
    const order: string[] = []
    const results = await Promise.allSettled([
      database.write(
        () => insert.run('a', 1),
        () => order.push('a'),
      ),
      database.write(() => {
        insert.run('b', 2)
        throw new Error('no')
      }),
      database.write(() => insert.run('a', 3)),
      database.write(
        () => insert.run('c', 4),
        () => order.push('c'),
      ),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(rows(database)).toEqual([
      ['a', 1],
      ['c', 4],
    ])
    expect(order).toEqual(['a', 'c'])
    database.close()
  })

  it('acknowledges nothing of a group whose commit failed', async () => {
    const database = new Database({ path, migrations })
    database.prepare('PRAGMA max_page_count = 8').get()
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)')
    const big = 'x'.repeat(100_000)
    const results = await Promise.allSettled([
      database.write(() => insert.run('a', 1)),
      database.write(() => insert.run(big, 2)),
    ])
    expect(results[1].status).toBe('rejected')
    const stored = rows(database).length
    expect(stored).toBe(results[0].status === 'fulfilled' ? 1 : 0)
    database.prepare('PRAGMA max_page_count = 1000000').get()
    await database.write(() => insert.run('later', 3))
    expect(rows(database)).toHaveLength(stored + 1)
    database.close()
  })

  it('writes what is queued before it closes, and nothing after', async () => {
    const database = new Database({ path, migrations })
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)')
    const queued = database.write(() => insert.run('a', 1))
    database.close()
    await queued
    await expect(database.write(() => undefined)).rejects.toThrow('closed')
    const again = new Database({ path, migrations })
    expect(rows(again)).toEqual([['a', 1]])
    again.close()
  })

  it('refuses a second process, and serves the first on', async () => {
    const database = new Database({ path, migrations })
    const script = `
      const { Database } = await import(${JSON.stringify(resolve('lambda/adapters/embedded/database.ts'))})
      try { new Database({ path: ${JSON.stringify(path)}, migrations: [] }) } catch (error) { console.log(error.kind) }`
    const other = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect(other.stdout.trim()).toBe('locked')
    await database.write(() => undefined)
    database.close()
  })

  it('refuses a database of another program and leaves it as it is', () => {
    const foreign = new DatabaseSync(path)
    foreign.exec('CREATE TABLE other (x)')
    foreign.close()
    const before = readFileSync(path)
    expect(refusalOf(() => new Database({ path, migrations }))).toBe('foreign')
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('refuses a file that is no database and leaves it as it is', () => {
    writeFileSync(path, 'not a database at all, but long enough to be looked at as one'.repeat(40))
    const before = readFileSync(path)
    expect(refusalOf(() => new Database({ path, migrations }))).toBe('damaged')
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('refuses a database of a later Coffer', () => {
    new Database({ path, migrations: [...migrations, 'CREATE TABLE later (x)'] }).close()
    expect(refusalOf(() => new Database({ path, migrations }))).toBe('newer')
  })

  it('brings an older database up to date, keeping its rows', async () => {
    const old = new Database({ path, migrations })
    await old.write(() => old.prepare("INSERT INTO t VALUES ('a', 1)").run())
    old.close()
    const newer = new Database({ path, migrations: [...migrations, 'ALTER TABLE t ADD COLUMN w TEXT'] })
    expect(newer.prepare('SELECT * FROM t').get()).toEqual({ k: 'a', v: 1, w: null })
    newer.close()
    expect(statSync(path).size).toBeGreaterThan(0)
  })
})

function refusalOf(open: () => unknown): string {
  try {
    open()
  } catch (error) {
    if (error instanceof DatabaseProblem) return error.kind
    throw error
  }
  return 'none'
}
