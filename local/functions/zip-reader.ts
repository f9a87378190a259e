/**
 * Reads a zip file that a stranger made (APPNOTE.TXT 6.3.10): nothing is trusted that it says of itself. Sizes are enforced while unpacking, names must stay inside, and links and other
 * special files are refused.
 * @module
 */
import { promisify } from 'node:util'
import { crc32, inflateRaw } from 'node:zlib'

export interface ZipLimits {
  /** Of all files together, unpacked. */
  readonly bytes: number
  readonly entries: number
}

export interface ZipFile {
  /** Relative, with slashes. */
  readonly path: string
  readonly isExecutable: boolean
  readonly read: () => Promise<Buffer>
}

/** Its message never holds content of the file, but for names in it. */
export class ZipProblem extends Error {
  override readonly name = 'ZipProblem'
  /** `size`: more than the limits. `damaged`: no zip file, or one that contradicts itself. `content`: what must not be in it. */
  readonly kind: 'size' | 'damaged' | 'content'

  constructor(kind: ZipProblem['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** @throws {ZipProblem}, as do the files when they are read */
export function readZip(zip: Buffer, limits: ZipLimits): ZipFile[] {
  const entries = entriesOf(zip, limits)
  const files = entries.filter(({ path }) => !path.endsWith('/'))
  requireTree(entries)
  const total = files.reduce((sum, { size }) => sum + size, 0)
  if (total > limits.bytes) throw new ZipProblem('size', `${total} bytes unpacked, more than ${limits.bytes}`)
  return files.map((entry) => ({
    path: entry.path,
    isExecutable: entry.isExecutable,
    read: () => unpack(zip, entry),
  }))
}

interface Entry {
  readonly path: string
  readonly isExecutable: boolean
  readonly method: number
  readonly crc: number
  readonly packedSize: number
  readonly size: number
  /** Of its local header. */
  readonly offset: number
}

const END = 0x06054b50
const END_BYTES = 22
const CENTRAL = 0x02014b50
const CENTRAL_BYTES = 46
const LOCAL = 0x04034b50
const LOCAL_BYTES = 30
const MAX_COMMENT = 65_535
const STORED = 0
const DEFLATED = 8

const damaged = (what: string, options?: ErrorOptions): ZipProblem => new ZipProblem('damaged', what, options)

function entriesOf(zip: Buffer, limits: ZipLimits): Entry[] {
  const end = endOf(zip)
  const count = zip.readUInt16LE(end + 10)
  const start = zip.readUInt32LE(end + 16)
  // Zip64 begins where these are at their ends; what Lambda takes never needs it.
  if (count === 0xffff || start === 0xffffffff) throw new ZipProblem('size', 'it is a Zip64 file')
  if (count > limits.entries) throw new ZipProblem('size', `${count} entries, more than ${limits.entries}`)
  const entries: Entry[] = []
  let at = start
  for (let index = 0; index < count; index++) {
    if (at + CENTRAL_BYTES > end || zip.readUInt32LE(at) !== CENTRAL) throw damaged('its directory is cut short')
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset))
    const next = at + CENTRAL_BYTES + (nameBytes ?? 0) + (extraBytes ?? 0) + (commentBytes ?? 0)
    if (next > end) throw damaged('its directory is cut short')
    entries.push(entryAt(zip, at, zip.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + (nameBytes ?? 0))))
    at = next
  }
  return entries
}

/** The last record of the file, which a comment may follow. */
function endOf(zip: Buffer): number {
  const first = Math.max(0, zip.length - END_BYTES - MAX_COMMENT)
  for (let at = zip.length - END_BYTES; at >= first; at--)
    if (zip.readUInt32LE(at) === END && at + END_BYTES + zip.readUInt16LE(at + 20) === zip.length) return at
  throw damaged('it is no zip file')
}

const UNIX = 3
const MAC = 19
const ENCRYPTED = 1
const TYPE_OF_MODE = 0o170000
const [REGULAR, FOLDER] = [0o100000, 0o040000]

function entryAt(zip: Buffer, at: number, name: Buffer): Entry {
  const path = pathOf(name)
  const method = zip.readUInt16LE(at + 10)
  if ((zip.readUInt16LE(at + 8) & ENCRYPTED) !== 0) throw new ZipProblem('content', `${show(path)} is encrypted`)
  if (method !== STORED && method !== DEFLATED)
    throw new ZipProblem('content', `${show(path)} is compressed in a way other than deflate`)
  const madeOn = zip.readUInt8(at + 5)
  const mode = madeOn === UNIX || madeOn === MAC ? zip.readUInt16LE(at + 40) : 0
  const type = mode & TYPE_OF_MODE
  if (type !== 0 && type !== REGULAR && type !== FOLDER)
    throw new ZipProblem('content', `${show(path)} is a link or a special file; only files and folders are taken`)
  return {
    path,
    isExecutable: (mode & 0o100) !== 0,
    method,
    crc: zip.readUInt32LE(at + 16),
    packedSize: zip.readUInt32LE(at + 20),
    size: zip.readUInt32LE(at + 24),
    offset: zip.readUInt32LE(at + 42),
  }
}

/** What file systems take. */
const MAX_PATH = 1024
const MAX_PART = 255

function pathOf(name: Buffer): string {
  const path = new TextDecoder('utf-8').decode(name)
  const parts = (path.endsWith('/') ? path.slice(0, -1) : path).split('/')
  const isInside = parts.every((part) => part !== '' && part !== '.' && part !== '..')
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (!isInside || /[\\\u0000-\u001f\u007f\ufffd]|^[A-Za-z]:/.test(path))
    throw new ZipProblem('content', `${show(path)} is not a name of a file inside the package`)
  if (name.length > MAX_PATH || parts.some((part) => Buffer.byteLength(part) > MAX_PART))
    throw new ZipProblem('content', `${show(path)} is too long a name`)
  return path
}

/** Two entries of one name, or a file where a folder must be: which one is meant nobody can tell. */
function requireTree(entries: readonly Entry[]): void {
  const files = new Set<string>()
  const folders = new Set<string>()
  for (const { path } of entries) {
    const isFolder = path.endsWith('/')
    const name = isFolder ? path.slice(0, -1) : path
    if (files.has(name)) throw damaged(`${show(path)} is in it twice`)
    if (isFolder) folders.add(name)
    else files.add(name)
    for (let slash = name.lastIndexOf('/'); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
      const parent = name.slice(0, slash)
      if (folders.has(parent)) break
      folders.add(parent)
    }
  }
  for (const name of files) if (folders.has(name)) throw damaged(`${show(name)} is both a file and a folder`)
}

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw)

async function unpack(zip: Buffer, { path, method, crc, packedSize, size, offset }: Entry): Promise<Buffer> {
  if (offset + LOCAL_BYTES > zip.length || zip.readUInt32LE(offset) !== LOCAL) throw damaged(`${show(path)} is missing`)
  const start = offset + LOCAL_BYTES + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28)
  const packed = zip.subarray(start, start + packedSize)
  if (packed.length !== packedSize) throw damaged(`${show(path)} is cut short`)
  const content = method === STORED ? packed : await inflated(packed, { path, size })
  if (content.length !== size || crc32(content) !== crc) throw damaged(`${show(path)} is damaged`)
  return content
}

async function inflated(
  packed: Buffer,
  { path, size }: { readonly path: string; readonly size: number },
): Promise<Buffer> {
  try {
    // Zero would mean no limit.
    return await inflate(packed, { maxOutputLength: Math.max(1, size) })
  } catch (cause) {
    throw damaged(`${show(path)} is damaged`, { cause })
  }
}

const show = (path: string): string => JSON.stringify(path.length > 100 ? `${path.slice(0, 100)}...` : path)
