/**
 * A file of signed requests for a load generator: each as `<length>\n<bytes>`, which wrk's Lua reads without a parser.
 * @module
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { rawRequest, signCall, type Address, type Call } from './signed-call.ts'
import { scratchDirectory } from './scratch.ts'

const CHUNK_BYTES = 4 * 1024 * 1024

export interface RequestFile {
  readonly path: string
  readonly count: number
  /** Milliseconds since the epoch. */
  readonly signedAt: number
  /** The same request a second time would do other work (a retry is answered without a write): the run must not come around. */
  readonly isOnce: boolean
}

let made = 0

export function writeRequestFile(
  calls: Iterable<Call>,
  address: Address,
  { isOnce }: { readonly isOnce: boolean },
): RequestFile {
  const path = join(scratchDirectory(), `requests-${made++}`)
  const signedAt = Date.now()
  const file = openSync(path, 'w')
  let count = 0
  let chunk = ''
  for (const call of calls) {
    const request = rawRequest(signCall(call, address))
    chunk += `${Buffer.byteLength(request)}\n${request}`
    count++
    if (chunk.length < CHUNK_BYTES) continue
    writeSync(file, chunk)
    chunk = ''
  }
  writeSync(file, chunk)
  closeSync(file)
  return { path, count, signedAt, isOnce }
}

export function readRequestFile(path: string): string[] {
  const bytes = readFileSync(path)
  const requests: string[] = []
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf('\n', at)
    const end = lineEnd + 1 + Number(bytes.toString('latin1', at, lineEnd))
    requests.push(bytes.toString('utf8', lineEnd + 1, end))
    at = end
  }
  return requests
}
