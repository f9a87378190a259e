/**
 * Keeps the store at what the identities file says: read at the start, and again whenever it changes. A file with an error changes nothing; the error is logged.
 * @module
 */
import { hash } from 'node:crypto'
import { lstatSync, readFileSync, statSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import { ConfigProblem } from '../config.ts'
import type { Log } from '../log/log.ts'
import { readIdentities, sorted, type ReadIdentities } from './identities-file.ts'
import { LayersConflict, type SqliteIdentityStore } from './identity-store.ts'
import { SourceProblem } from './yaml-source.ts'

export interface IdentitiesFileWatchOptions {
  readonly path: string
  readonly store: SqliteIdentityStore
  readonly log: Log
  readonly variable: (name: string) => string | undefined
}

/** 1,000 users with 10 statements each take 4 MB. */
const MAX_BYTES = 16 * 1024 * 1024
/** Editors write in several steps. */
const SETTLE_MS = 100

export class IdentitiesFileWatch {
  readonly #options: IdentitiesFileWatchOptions
  /** What was read last, whether it was good or not. */
  #seen = ''
  #watcher: FSWatcher | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: IdentitiesFileWatchOptions) {
    this.#options = options
  }

  /** At the start: without its identities a server does not run. @throws {ConfigProblem} a line per problem */
  async load(): Promise<void> {
    const file = this.#read()
    this.#seen = file.digest
    try {
      await this.#apply(file)
    } catch (error) {
      if (!isProblem(error)) throw error
      throw new ConfigProblem(linesOf(error, this.#options.path).join('\n'), { cause: error })
    }
  }

  /** Never rejects: what is wrong goes to the log, and the running set stays in force. @param always also where the file has not changed */
  async reload(always = false): Promise<void> {
    const { path, store, log } = this.#options
    let digest = UNREADABLE
    try {
      const file = this.#read()
      digest = file.digest
      if (!always && digest === this.#seen) return
      this.#seen = digest
      await this.#apply(file)
      log.event('identities', { file: path, outcome: 'reloaded', accounts: store.accounts().length })
    } catch (error) {
      if (!always && digest === UNREADABLE && this.#seen === UNREADABLE) return
      this.#seen = digest
      this.#complain(error)
    }
  }

  /** Looks at the directory: a file that is replaced by renaming another, or through a link, is another file. */
  watch(): void {
    const { path, log } = this.#options
    const onFault = (error: unknown): void => log.fault(error, { during: 'watch' })
    try {
      this.#watcher = watch(dirname(path), { persistent: false }, (_, name) => {
        if (name === null || name === basename(path) || isThroughLink(path)) this.#settle()
      })
      this.#watcher.on('error', onFault)
    } catch (error) {
      // Some file systems cannot be watched: SIGHUP is left.
      onFault(error)
    }
  }

  close(): void {
    this.#watcher?.close()
    clearTimeout(this.#timer)
  }

  #settle(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.reload(), SETTLE_MS)
    this.#timer.unref()
  }

  #read(): IdentitiesText {
    const { path } = this.#options
    try {
      const { size, mtimeMs } = statSync(path)
      if (size > MAX_BYTES) throw new ConfigProblem(`${path} has ${size} bytes, expected ${MAX_BYTES} at most`)
      const text = readFileSync(path, 'utf8')
      return { text, createdAt: Math.floor(mtimeMs), digest: hash('sha256', text) }
    } catch (cause) {
      if (cause instanceof ConfigProblem) throw cause
      throw new ConfigProblem(`--identities (COFFER_IDENTITIES) is ${path}, which cannot be read`, { cause })
    }
  }

  async #apply({ text, createdAt }: IdentitiesText): Promise<void> {
    const { store, variable } = this.#options
    const identities = readIdentities(text, { createdAt, variable })
    try {
      await store.replaceFile(identities.accounts)
    } catch (error) {
      throw error instanceof LayersConflict ? located(error, identities) : error
    }
  }

  #complain(error: unknown): void {
    const { path, log } = this.#options
    if (!isProblem(error)) log.fault(error, { during: 'identities' })
    else
      for (const problem of linesOf(error, path))
        log.event('identities', { file: path, outcome: 'refused', problem, inForce: 'as before' }, 'error')
  }
}

const UNREADABLE = 'unreadable'

interface IdentitiesText {
  readonly text: string
  readonly createdAt: number
  readonly digest: string
}

/** Where in the file the entities stand that cannot be taken. */
function located({ conflicts }: LayersConflict, { accounts, problemAt }: ReadIdentities): SourceProblem {
  return sorted(
    conflicts.map(({ account, kind, name, message }) => {
      const top = accounts.has(account) ? ['accounts', account] : ['accounts']
      if (kind === undefined || name === undefined) return problemAt(top, message)
      const entity = accounts.get(account)?.[kind].get(name)
      if (entity === undefined) return problemAt(top, message)
      const path =
        'seed' in entity ? [...top, 'users', entity.user ?? '', 'mfaDevices', entity.name] : [...top, kind, entity.name]
      return problemAt(path, message)
    }),
  )
}

const isProblem = (error: unknown): error is SourceProblem | ConfigProblem =>
  error instanceof SourceProblem || error instanceof ConfigProblem

function linesOf(error: SourceProblem | ConfigProblem, path: string): string[] {
  if (error instanceof ConfigProblem) return [error.message]
  return error.problems.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`)
}

/** As Kubernetes mounts files of a ConfigMap: what changes is a link beside it. */
function isThroughLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return true
  }
}
