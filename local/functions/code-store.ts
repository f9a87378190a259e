/**
 * The code of functions: a folder for every upload, under `functions` of the data directory. A folder is complete and on the disk before a function names it, and is never changed: a
 * crash leaves at most one that nobody names, which the next start removes.
 * @module
 */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, rmSync } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readZip, type ZipFile } from './zip-reader.ts'

/** Lambda quotas: 250 MB unpacked. */
export const UNPACKED_LIMIT = 262_144_000
const LIMITS = { bytes: UNPACKED_LIMIT, entries: 50_000 }
/** Files that are written at the same time. */
const AT_ONCE = 16

export class CodeStore {
  readonly #root: string
  readonly #newId: () => string

  /** @param root made when it is first needed */
  constructor({ root, newId }: { readonly root: string; readonly newId: () => string }) {
    this.#root = root
    this.#newId = newId
  }

  folderOf(codeId: string): string {
    return join(this.#root, codeId)
  }

  /** Unpacks a zip file. @returns the id of its code, which is on the disk @throws {ZipProblem} */
  async add(zip: Buffer): Promise<string> {
    const files = readZip(zip, LIMITS)
    const codeId = this.#newId()
    const folder = this.folderOf(codeId)
    try {
      await mkdir(this.#root, { recursive: true, mode: 0o700 })
      await mkdir(folder, { mode: 0o700 })
      const folders = await makeFolders(folder, files)
      await inParallel(files, (file) => write(join(folder, file.path), file))
      for (const path of [...folders, folder, this.#root]) syncFolder(path)
      return codeId
    } catch (error) {
      await this.remove(codeId)
      throw error
    }
  }

  /** Of what is not there nothing is said. */
  async remove(codeId: string): Promise<void> {
    await rm(this.folderOf(codeId), { recursive: true, force: true })
  }

  /** Removes what no function names. */
  sweep(named: ReadonlySet<string>): void {
    if (!existsSync(this.#root)) return
    for (const name of readdirSync(this.#root))
      if (!named.has(name)) rmSync(join(this.#root, name), { recursive: true, force: true })
  }
}

async function makeFolders(root: string, files: readonly ZipFile[]): Promise<Set<string>> {
  const made = new Set<string>()
  for (const { path } of files) {
    const folder = dirname(path)
    if (folder === '.' || made.has(join(root, folder))) continue
    await mkdir(join(root, folder), { recursive: true, mode: 0o700 })
    for (let parent = folder; parent !== '.'; parent = dirname(parent)) made.add(join(root, parent))
  }
  return made
}

/** Only to be read, also by the function, which is run by the same user. */
async function write(path: string, { read, isExecutable }: ZipFile): Promise<void> {
  const file = await open(path, 'wx', isExecutable ? 0o500 : 0o400)
  try {
    await file.writeFile(await read())
    await file.sync()
  } finally {
    await file.close()
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (const item of { [Symbol.iterator]: () => rest }) await work(item)
  }
  const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
