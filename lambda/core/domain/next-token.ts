/**
 * NextToken: an opaque place in a list, bound to the query that made it. It holds no secret and grants nothing: every page is authorized anew.
 * @module
 */
import { hash } from 'node:crypto'
import { badNextToken } from './errors.ts'
import type { ListPosition } from '../ports/secret-store.ts'

const FORMAT = 1

/** `query`: whatever must stay the same from page to page. */
export function encodeNextToken(query: unknown, { at, name }: ListPosition): string {
  return Buffer.from(JSON.stringify([FORMAT, fingerprint(query), at, name])).toString('base64url')
}

/** SM-LIST-10 @throws {ServiceError} InvalidNextTokenException for one that we did not make, or made for another query */
export function decodeNextToken(query: unknown, token: string): ListPosition {
  const [format, made, at, name]: unknown[] = parse(token)
  if (format !== FORMAT || made !== fingerprint(query)) throw badNextToken()
  if (typeof at !== 'number' || !Number.isSafeInteger(at) || typeof name !== 'string') throw badNextToken()
  return { at, name }
}

function parse(token: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (Array.isArray(parsed)) return parsed
  } catch {
    // Not ours either way.
  }
  throw badNextToken()
}

const fingerprint = (query: unknown): string => hash('sha256', JSON.stringify(query), 'base64url').slice(0, 16)
