/**
 * Keeps the store at what the identities file says: read at the start, and again whenever it changes. A file with an error changes nothing; the error is logged.
 *
 * Changes are told by the file system where it does so, and looked for where it does not: behind a link, on a network file system. A file that is being written is left until it rests.
 * @module
 */
import { hash } from 'node:crypto'
import { lstatSync, readFileSync, statSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import { systemEntropy } from '../../lambda/adapters/system-entropy.ts'
import { ConfigProblem } from '../config.ts'
import type { Log } from '../log/log.ts'
import { newUniqueId } from './access-keys.ts'
import type { LayerConflict } from './account-layers.ts'
import { readIdentities, sorted, type ReadIdentities } from './identities-file.ts'
import type { SqliteIdentityStore } from './identity-store.ts'
import { SourceProblem, type Path } from './yaml-source.ts'

/** Calls back once, unless what it returns is called before. */
export type Timer = (work: () => void, milliseconds: number) => () => void

export interface IdentitiesFileWatchOptions {
  readonly path: string
  readonly store: SqliteIdentityStore
  readonly log: Log
  readonly variable: (name: string) => string | undefined
  readonly timer?: Timer
}

/** 1,000 users with 10 statements each take 4 MB. */
const MAX_BYTES = 16 * 1024 * 1024
/** A file that is as it was for so long is not being written. */
const SETTLE_MS = 500
const LOOK_MS = 2000
/** A wrong file may have thousands. */
const MAX_LOGGED = 20

export class IdentitiesFileWatch {
  readonly #options: IdentitiesFileWatchOptions
  readonly #timer: Timer
  /** What was read last, whether it was good or not. */
  #seen = ''
  /** Of the file when it was read last. */
  #stamp = ''
  #watcher: FSWatcher | undefined
  #stopLooking: (() => void) | undefined
  #stopSettling: (() => void) | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(options: IdentitiesFileWatchOptions) {
    this.#options = options
    this.#timer = options.timer ?? after
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
  reload(always = false): Promise<void> {
    this.#last = this.#last.then(() => this.#reload(always))
    return this.#last
  }

  /** Looks at the directory, too: a file that is replaced by renaming another, or through a link, is another file. */
  watch(): void {
    const { path, log } = this.#options
    const onFault = (error: unknown): void => log.fault(error, { during: 'watch' })
    try {
      this.#watcher = watch(dirname(path), { persistent: false }, (_, name) => {
        if (name === null || name === basename(path) || isThroughLink(path)) this.#settle()
      })
      this.#watcher.on('error', onFault)
    } catch (error) {
      // Some file systems cannot be watched: looking is left.
      onFault(error)
    }
    // It may have changed since it was loaded.
    this.#settle()
    this.#look()
  }

  close(): void {
    this.#watcher?.close()
    this.#stopLooking?.()
    this.#stopSettling?.()
  }

  #look(): void {
    this.#stopLooking = this.#timer(() => {
      if (stampOf(this.#options.path) !== this.#stamp) this.#settle()
      this.#look()
    }, LOOK_MS)
  }

  /** Reloads when the file is the same in two looks that lie apart. */
  #settle(first?: string): void {
    if (this.#stopSettling !== undefined) return
    const before = first ?? stampOf(this.#options.path)
    this.#stopSettling = this.#timer(() => {
      this.#stopSettling = undefined
      const now = stampOf(this.#options.path)
      if (now === before) void this.reload()
      else this.#settle(now)
    }, SETTLE_MS)
  }

  async #reload(always: boolean): Promise<void> {
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

  #read(): IdentitiesText {
    const { path } = this.#options
    this.#stamp = stampOf(path)
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
    const { path: file, store, log, variable } = this.#options
    const identities = readIdentities(text, {
      createdAt,
      variable,
      idOf: (account, kind, { prefix, name }) =>
        store.declaredId(account, kind, name) ?? newUniqueId(prefix, systemEntropy),
    })
    const { leftOut, lost } = await store.replaceFile(identities.accounts)
    if (leftOut.length > 0)
      for (const problem of linesOf(located(leftOut, identities), file))
        log.event('identities', { file, outcome: 'left out', problem, inForce: 'the rest' }, 'error')
    for (const { message: problem } of lost.slice(0, MAX_LOGGED))
      log.event('identities', { file, outcome: 'lost', problem }, 'warn')
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
function located(conflicts: readonly LayerConflict[], { accounts, problemAt }: ReadIdentities): SourceProblem {
  return sorted(
    conflicts.map((conflict) => {
      const top: Path = ['accounts', conflict.account]
      const { kind, name = '', accessKey, message } = conflict
      const entity = kind && accounts.get(conflict.account)?.[kind].get(name)
      if (entity === undefined) return problemAt(top, message)
      const path =
        'seed' in entity
          ? [...top, 'users', entity.user ?? '', 'mfaDevices', entity.name]
          : [...top, kind ?? '', entity.name]
      return problemAt(accessKey === undefined ? path : [...path, 'accessKeys', accessKey, 'id'], message)
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

/** Tells one state of a file from another: of what a link leads to, not of the link. */
function stampOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join('/')
  } catch {
    return UNREADABLE
  }
}

const after: Timer = (work, milliseconds) => {
  const timer = setTimeout(work, milliseconds).unref()
  return () => clearTimeout(timer)
}
