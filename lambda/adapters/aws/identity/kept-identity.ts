/**
 * A user or role as the snapshot keeps it: with the texts of all its policies, whatever they hang on, so that one item tells all there is to know.
 * @module
 */
import { hash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'

export interface KeptPolicy {
  /** What an explanation calls it. */
  readonly source: string
  /** Null: it could not be read, and must be taken for one that denies. */
  readonly text: string | null
}

export interface KeptIdentity {
  readonly arn: string
  /** AIDA..., AROA... */
  readonly uniqueId: string
  readonly policies: readonly KeptPolicy[]
  readonly boundary?: KeptPolicy
  readonly tags: readonly { readonly key: string; readonly value: string }[]
  /** Whether sessions may carry tags that are not seen here. */
  readonly mayTagSessions: boolean
}

/** The same for the same identity, in whatever order IAM tells of its parts. */
export function canonicalText({ arn, uniqueId, policies, boundary, tags, mayTagSessions }: KeptIdentity): string {
  const ordered = policies.toSorted((a, b) => compare(a.source, b.source) || compare(a.text ?? '', b.text ?? ''))
  return JSON.stringify({
    form: FORM,
    arn,
    uniqueId,
    mayTagSessions,
    tags: tags.map(({ key, value }) => ({ key, value })).toSorted((a, b) => compare(a.key, b.key)),
    policies: ordered.map(policyMembers),
    boundary: boundary === undefined ? null : policyMembers(boundary),
  })
}

export const hashOf = (canonical: string): string => hash('sha256', canonical, 'base64url')

export const packed = (canonical: string): Uint8Array => deflateRawSync(Buffer.from(canonical, 'utf8'))

/** @throws {Error} for bytes that are not of this form; its message has nothing of them */
export function unpacked(bytes: Uint8Array): KeptIdentity {
  const value = parsed(bytes)
  const { form, arn, uniqueId, mayTagSessions, tags, policies, boundary } = membersOf(value)
  if (form !== FORM || typeof arn !== 'string' || typeof uniqueId !== 'string') throw damaged()
  if (typeof mayTagSessions !== 'boolean' || !Array.isArray(tags) || !Array.isArray(policies)) throw damaged()
  return {
    arn,
    uniqueId,
    mayTagSessions,
    tags: tags.map(tagOf),
    policies: policies.map(policyOf),
    // Null and absent are not the same: an identity that has lost its boundary must not pass for one without.
    ...(boundary !== null && { boundary: policyOf(boundary) }),
  }
}

/** Readers of another form than theirs know nobody. */
const FORM = 1

/** Far more than IAM lets anybody have. */
const LONGEST_TEXT = 8 * 1024 * 1024

const policyMembers = ({ source, text }: KeptPolicy): KeptPolicy => ({ source, text })

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const damaged = (): Error => new Error('not an identity as the snapshot keeps it')

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(inflateRawSync(bytes, { maxOutputLength: LONGEST_TEXT }).toString('utf8'))
  } catch {
    throw damaged()
  }
}

function tagOf(value: unknown): { key: string; value: string } {
  const { key, value: text } = membersOf(value)
  if (typeof key !== 'string' || typeof text !== 'string') throw damaged()
  return { key, value: text }
}

function policyOf(value: unknown): KeptPolicy {
  const { source, text } = membersOf(value)
  if (typeof source !== 'string' || (typeof text !== 'string' && text !== null)) throw damaged()
  return { source, text }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw damaged()
  return value as Readonly<Record<string, unknown>>
}
