/**
 * Heads and links as values, for tests of what is decided from them alone.
 * @module
 */
import { noLink, type Answer, type Link, type Replication } from '../../../../lambda/core/domain/replication.ts'
import type { SecretHead, Version } from '../../../../lambda/core/domain/secret.ts'
import type { ReplicationGroup } from '../../../../lambda/core/ports/replication-store.ts'
import { keyIn } from './regions.ts'

export const SUFFIX = 'AbCdEf'
/** Of the first head. */
export const CREATED = Date.parse('2026-03-01T00:00:00Z')

export const versionOf = (id: string, stages: readonly string[] = [], change: Partial<Version> = {}): Version => ({
  id,
  createdAt: CREATED,
  stages,
  value: { kind: 'inline', sealed: new Uint8Array([1]) },
  ...change,
})

/** A secret with one version, the same in every Region but for what is its Region's own. */
export const headIn = (
  region: string,
  replication?: Replication,
  change: Partial<Omit<SecretHead, 'replication' | 'key'>> = {},
): SecretHead => ({
  key: keyIn(region),
  suffix: SUFFIX,
  revision: 1,
  state: 'active',
  serviceKeyArn: `arn:aws:kms:${region}:123456789012:key/mrk-1`,
  creationToken: 'token',
  createdAt: CREATED,
  changedAt: CREATED,
  versions: [versionOf('v1', ['AWSCURRENT'])],
  ...(replication && { replication }),
  ...change,
})

export const answerOf = (answer: Partial<Answer>): Answer => ({
  suffix: SUFFIX,
  request: 1,
  acted: 1,
  status: 'InSync',
  failures: 0,
  ...answer,
})

export const linkOf = (link: Partial<Link>): Link => ({ ...noLink, revision: 1, ...link })

/** What `region` sees. */
export const groupOf = (
  region: string,
  heads: readonly SecretHead[],
  links: Readonly<Record<string, Link>> = {},
): ReplicationGroup => ({
  key: keyIn(region),
  heads: new Map(heads.map((head) => [head.key.region, head])),
  links: new Map(Object.entries(links)),
})
