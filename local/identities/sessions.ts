/**
 * Temporary credentials. Nothing about them is stored: the session token is the session, sealed under a key of this data directory, and the secret access key is derived from it.
 * A token lives on after a restart and ends with its time, or with the user or role behind it.
 * @module
 */
import { createHmac, hash, type KeyObject } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { z } from 'zod'
import type { MasterKey } from '../../lambda/adapters/embedded/keyring/master-key.ts'
import type { Principal, Session } from '../../lambda/auth/principal.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import { newUniqueId } from './access-keys.ts'
import { sigv4SecretKey } from './credential.ts'
import { sealerOf, type Sealer } from './sealer.ts'

/** Whose session it is. `user`: of GetSessionToken or a sign-in. `federated`: of GetFederationToken. */
export type SessionKind = 'role' | 'user' | 'federated'

export interface SessionGrant {
  readonly kind: SessionKind
  readonly account: string
  /** Unique id of the role, or of the user; of a federated session: of the user who makes it. */
  readonly identityId: string
  /** Its name (without path). */
  readonly identityName: string
  /** Its path, which the ARN of a user has. */
  readonly identityPath?: string
  /** Of a role's session, or the name of the federated user. */
  readonly sessionName?: string
  readonly durationSeconds: number
  /** Epoch milliseconds of wall time at which a code was accepted. */
  readonly mfaAt?: number
  readonly tags?: Readonly<Record<string, string>>
  readonly transitiveTagKeys?: readonly string[]
  /** Texts. */
  readonly policies?: readonly string[]
  readonly sourceIdentity?: string
}

export interface IssuedSession {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly principal: Principal
  /** How much of the room for policies and tags is taken. */
  readonly packedPercent: number
}

/** Policies and tags do not fit into a token. */
export class SessionTooLarge extends Error {
  override readonly name = 'SessionTooLarge'
  readonly packedPercent: number

  constructor(packedPercent: number) {
    super(`The session policies and tags take ${packedPercent} % of the room that a session token has`)
    this.packedPercent = packedPercent
  }
}

/** A token that this data directory has made, read. */
export interface OpenSession {
  readonly principal: Principal
  readonly secretKey: KeyObject
  readonly sessionToken: string
  readonly expiresAt: number
}

export interface Sessions {
  /** @throws {SessionTooLarge} */
  issue(grant: SessionGrant): IssuedSession
  /** Undefined for a token that was not made here, was changed, lies in the future, or belongs to another access key. Expired ones are returned: see `expiresAt`. */
  open(accessKeyId: string, sessionToken: string): OpenSession | undefined
}

export interface SessionsOptions {
  readonly masterKey: Pick<MasterKey, 'derive'>
  readonly entropy: Entropy
  /** Wall time, epoch milliseconds. */
  readonly now: () => number
}

export function sessionsOf(options: SessionsOptions): Sessions {
  const { masterKey, entropy, now } = options
  const sealer = sealerOf(masterKey.derive('sessions'))
  const secrets = masterKey.derive('session secrets')
  const cache = new Map<string, CachedSession>()

  const read = (sessionToken: string): CachedSession | undefined => {
    const record = unseal(sealer, sessionToken)
    if (record === undefined) return undefined
    const { accessKeyId, issuedAt, expiresAt } = record
    const secretKey = sigv4SecretKey(secretOf(secrets, record))
    return { accessKeyId, issuedAt, session: { principal: principalOf(record), secretKey, sessionToken, expiresAt } }
  }

  return {
    issue(grant) {
      const record = recordOf(grant, newUniqueId('ASIA', entropy), now())
      const packed = deflateRawSync(JSON.stringify(record))
      const packedPercent = Math.ceil((100 * packed.length) / MAX_PACKED_BYTES)
      if (packedPercent > 100) throw new SessionTooLarge(packedPercent)
      return {
        accessKeyId: record.accessKeyId,
        secretAccessKey: secretOf(secrets, record),
        sessionToken: sealer.seal(packed, CONTEXT).toString('base64'),
        expiresAt: record.expiresAt,
        principal: principalOf(record),
        packedPercent,
      }
    },
    open(accessKeyId, sessionToken) {
      if (sessionToken.length > MAX_TOKEN_LENGTH) return undefined
      const name = hash('sha256', sessionToken, 'base64')
      let known = cache.get(name)
      if (known === undefined) {
        known = read(sessionToken)
        if (known === undefined) return undefined
        if (cache.size >= CACHED_SESSIONS) dropOldest(cache)
        cache.set(name, known)
      }
      return known.accessKeyId === accessKeyId && known.issuedAt <= now() + MAX_SKEW_MS ? known.session : undefined
    },
  }
}

/** Headers end at 16 KiB (server/http-server.ts), and base64 makes four of three. */
const MAX_PACKED_BYTES = 6000
const MAX_TOKEN_LENGTH = 8192
const MAX_SKEW_MS = 5 * 60 * 1000
const CACHED_SESSIONS = 10_000
const CONTEXT = 'session token'

interface CachedSession {
  readonly accessKeyId: string
  readonly issuedAt: number
  readonly session: OpenSession
}

const recordSchema = z.strictObject({
  version: z.literal(1),
  accessKeyId: z.string(),
  kind: z.enum(['role', 'user', 'federated']),
  account: z.string(),
  identityId: z.string(),
  identityName: z.string(),
  identityPath: z.string().exactOptional(),
  sessionName: z.string().exactOptional(),
  issuedAt: z.number(),
  expiresAt: z.number(),
  mfaAt: z.number().exactOptional(),
  tags: z.record(z.string(), z.string()).exactOptional(),
  transitiveTagKeys: z.array(z.string()).exactOptional(),
  policies: z.array(z.string()).exactOptional(),
  sourceIdentity: z.string().exactOptional(),
})
type SessionRecord = z.output<typeof recordSchema>

function recordOf({ durationSeconds, ...grant }: SessionGrant, accessKeyId: string, now: number): SessionRecord {
  const { tags, transitiveTagKeys, policies, ...rest } = grant
  return {
    version: 1,
    accessKeyId,
    ...rest,
    ...(tags && { tags: { ...tags } }),
    ...(transitiveTagKeys && { transitiveTagKeys: [...transitiveTagKeys] }),
    ...(policies && { policies: [...policies] }),
    issuedAt: now,
    expiresAt: now + durationSeconds * 1000,
  }
}

/** Undefined for whatever this data directory has not sealed itself: all of it looks alike. */
function unseal(sealer: Sealer, sessionToken: string): SessionRecord | undefined {
  try {
    const sealed = Buffer.from(sessionToken, 'base64')
    // Base64 has several spellings for the same bytes; a token has one.
    if (sealed.toString('base64') !== sessionToken) return undefined
    const text = inflateRawSync(sealer.open(sealed, CONTEXT), { maxOutputLength: 1024 * 1024 }).toString('utf8')
    const record = recordSchema.safeParse(JSON.parse(text))
    return record.success ? record.data : undefined
  } catch {
    return undefined
  }
}

/** 40 characters of base64, as AWS's are. They depend on the key id, which is random. */
function secretOf(key: KeyObject, { accessKeyId }: SessionRecord): string {
  return createHmac('sha256', key).update(accessKeyId, 'utf8').digest('base64').slice(0, 40)
}

function principalOf(record: SessionRecord): Principal {
  const { account, accessKeyId } = record
  return { account, accessKeyId, ...namesOf(record), session: sessionOf(record) }
}

function namesOf(record: SessionRecord): Pick<Principal, 'arn' | 'userId'> {
  const { kind, account, identityId, identityName, identityPath = '/', sessionName = '' } = record
  switch (kind) {
    case 'role':
      return {
        arn: `arn:aws:sts::${account}:assumed-role/${identityName}/${sessionName}`,
        userId: `${identityId}:${sessionName}`,
      }
    case 'federated':
      return { arn: `arn:aws:sts::${account}:federated-user/${sessionName}`, userId: `${account}:${sessionName}` }
    case 'user':
      return { arn: `arn:aws:iam::${account}:user${identityPath}${identityName}`, userId: identityId }
  }
}

function sessionOf(record: SessionRecord): Session {
  const { kind, identityId, issuedAt, mfaAt, tags, transitiveTagKeys, policies, sourceIdentity } = record
  return {
    issuedAt,
    ...(mfaAt !== undefined && { mfaAt }),
    ...(tags && { tags }),
    ...(transitiveTagKeys && { transitiveTagKeys }),
    ...(policies && { policies }),
    ...(sourceIdentity !== undefined && { sourceIdentity }),
    ...(kind === 'federated' && { issuerId: identityId }),
  }
}

function dropOldest(entries: Map<string, unknown>): void {
  for (const name of entries.keys()) {
    entries.delete(name)
    return
  }
}
