/**
 * The one SQLite file of an embedded Coffer. All writes go through a group commit: what arrives while the last commit was at the disk
 * shares the next transaction and its one fsync. A write is acknowledged after that fsync (WAL, synchronous=FULL), so it survives
 * `kill -9` and power loss.
 * @module
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/** "CFFR": marks the file as ours (SQLite's application_id). */
const APPLICATION_ID = 0x43464652

export class DatabaseProblem extends Error {
  override readonly name = 'DatabaseProblem'
  /** `locked`: another process has it. `foreign`: not a Coffer database. `newer`: made by a later Coffer. `damaged`: not readable. */
  readonly kind: 'locked' | 'foreign' | 'newer' | 'damaged'

  constructor(kind: DatabaseProblem['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

interface Job {
  readonly work: () => unknown
  readonly committed: ((result: never) => void) | undefined
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

export interface DatabaseOptions {
  /** Path of the file, or `:memory:`. */
  readonly path: string
  /** One SQL script per schema version, oldest first; never edited once released. */
  readonly migrations: readonly string[]
  /** Looks at the file before anything is written to it; what it throws refuses the file. */
  readonly inspect?: (connection: Pick<DatabaseSync, 'prepare'>) => void
}

export class Database {
  readonly #connection: DatabaseSync
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #rollback: StatementSync
  readonly #savepoint: StatementSync
  readonly #release: StatementSync
  readonly #undo: StatementSync
  #queue: Job[] = []
  #scheduled = false
  #closed = false

  /** Opens or makes the file and takes it for this process alone. @throws {DatabaseProblem} before anything is written to a file that is not ours */
  constructor(options: DatabaseOptions) {
    this.#connection = open(options)
    this.#begin = this.#connection.prepare('BEGIN IMMEDIATE')
    this.#commit = this.#connection.prepare('COMMIT')
    this.#rollback = this.#connection.prepare('ROLLBACK')
    this.#savepoint = this.#connection.prepare('SAVEPOINT job')
    this.#release = this.#connection.prepare('RELEASE job')
    this.#undo = this.#connection.prepare('ROLLBACK TO job')
  }

  /** A statement for reads, or for use inside {@link write}. Keep it: preparing costs more than running. */
  prepare(sql: string): StatementSync {
    return this.#connection.prepare(sql)
  }

  /**
   * Runs `work` in the next group commit and resolves with its result once that is on the disk. `work` must be synchronous; when it throws, its own
   * changes are undone, the promise rejects, and the other writers of the group are not affected. `committed` runs right after the commit, before
   * any other code can read: the place to replace cached records.
   */
  write<T>(work: () => T, committed?: (result: T) => void): Promise<T> {
    if (this.#closed) return Promise.reject(new Error('the database is closed'))
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, committed, resolve: resolve as (result: unknown) => void, reject })
      if (this.#scheduled) return
      this.#scheduled = true
      // After the poll phase: every request that is already in a socket buffer gets to add its write to this group.
      setImmediate(() => this.#runGroup())
    })
  }

  /** Commits what is queued. */
  flush(): void {
    this.#runGroup()
  }

  /** Commits what is queued, folds the write-ahead log into the file and lets go of it. */
  close(): void {
    if (this.#closed) return
    this.#runGroup()
    this.#closed = true
    this.#connection.close()
  }

  #runGroup(): void {
    this.#scheduled = false
    const jobs = this.#queue
    if (jobs.length === 0) return
    this.#queue = []
    const settled: (() => void)[] = []
    try {
      this.#begin.run()
      for (const job of jobs) settled.push(this.#runJob(job))
      this.#commit.run()
    } catch (cause) {
      this.#abandon()
      for (const job of jobs) job.reject(cause)
      return
    }
    for (const settle of settled) settle()
  }

  #runJob(job: Job): () => void {
    this.#savepoint.run()
    try {
      const result = job.work()
      this.#release.run()
      return () => {
        job.committed?.(result as never)
        job.resolve(result)
      }
    } catch (error) {
      this.#undo.run()
      this.#release.run()
      return () => job.reject(error)
    }
  }

  #abandon(): void {
    try {
      if (this.#connection.isTransaction) this.#rollback.run()
    } catch {
      // SQLite has rolled back by itself, as it does on a full disk; the first error is the one that tells.
    }
  }
}

function open({ path, migrations, inspect }: DatabaseOptions): DatabaseSync {
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(path)
    connection.exec('PRAGMA locking_mode = EXCLUSIVE')
    checkOwner(connection, migrations.length)
    inspect?.(connection)
    connection.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = FAST',
    )
    migrate(connection, migrations)
    return connection
  } catch (error) {
    connection?.close()
    throw asProblem(error, path)
  }
}

/** Reads before it writes: a foreign or newer file is left as it is. */
function checkOwner(connection: DatabaseSync, known: number): void {
  const isEmpty = numberOf(connection, 'SELECT count(*) AS n FROM sqlite_schema') === 0
  const applicationId = numberOf(connection, 'SELECT application_id AS n FROM pragma_application_id')
  if (!isEmpty && applicationId !== APPLICATION_ID)
    throw new DatabaseProblem('foreign', 'it is a database of another program')
  const version = numberOf(connection, 'SELECT user_version AS n FROM pragma_user_version')
  if (version > known)
    throw new DatabaseProblem('newer', `it was written by a newer Coffer (schema ${version}, this one knows ${known})`)
}

function migrate(connection: DatabaseSync, migrations: readonly string[]): void {
  connection.exec('BEGIN IMMEDIATE')
  const version = numberOf(connection, 'SELECT user_version AS n FROM pragma_user_version')
  for (const script of migrations.slice(version)) connection.exec(script)
  connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}; COMMIT`)
}

function numberOf(connection: DatabaseSync, sql: string, ...values: SQLInputValue[]): number {
  return Number(connection.prepare(sql).get(...values)?.n)
}

/** SQLite's primary result codes (sqlite3.h), the low byte of `errcode`. */
const problems: Readonly<Record<number, readonly [DatabaseProblem['kind'], string]>> = {
  5: ['locked', 'is in use by another process'],
  6: ['locked', 'is in use by another process'],
  11: ['damaged', 'is damaged'],
  26: ['damaged', 'is not a database'],
}

function asProblem(error: unknown, path: string): unknown {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return error
  const problem = problems[Number(error.errcode) & 0xff]
  return problem ? new DatabaseProblem(problem[0], `${path} ${problem[1]}`, { cause: error }) : error
}
