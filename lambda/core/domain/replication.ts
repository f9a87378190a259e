/**
 * Replication across Regions as a head holds it (behaviour section 9, design section 8). Every Region writes its own head and its own link and nothing else: what another Region shall do stands in one's own head as
 * a request, and what it did about it is read in its link.
 *
 * A request is known by the Region that made it and a number that only grows there. Whoever acts on one remembers the number, so that a force flag is spent once, whatever is repeated, late or out of order.
 * @module
 */
import type { SecretHead } from './secret.ts'

/** Where a head stands in the history of a secret's heads in one Region: `born` grows with every incarnation there, `revision` with every commit of it. */
export interface Stamp {
  readonly born: number
  readonly revision: number
}

/** In a primary's head: another Region shall have a copy. */
export interface ReplicaRequest {
  readonly region: string
  /** Number of the request: epoch milliseconds, or one more than the last. */
  readonly at: number
  /** The customer's key there as they named it; absent: the service's own. Counts when the request is acted on; UpdateSecret in the replica's Region changes it afterwards. */
  readonly kmsKeyId?: string
  /** The service's own key was asked for in so many words: a copy under a customer's key leaves it. */
  readonly serviceKey?: true
  /** ForceOverwriteReplicaSecret: spent by the first copy that is made for this request. */
  readonly force: boolean
  /** Heads of primaries whose part has come to this one, the last first: a copy of them, as they were then or before, goes over to this request, which is no overwriting. */
  readonly takenOverFrom?: readonly CopySource[]
  /** It came with that part: nobody has asked here, and the copy keeps the key that it has. */
  readonly inherited?: true
  /** The Region yielded, and this is the last of its heads whose content this primary has taken in: it becomes a replica at exactly that one. */
  readonly absorbed?: Stamp
}

/** In a primary's head: a Region was removed and has not yet said that its copy is gone. */
export interface LeavingRegion {
  readonly region: string
  readonly at: number
  readonly takenOverFrom?: readonly CopySource[]
}

/** A head of another Region: what a replica is a copy of. */
export interface CopySource {
  readonly region: string
  readonly stamp: Stamp
}

/** In the head of a replica that was made a standalone secret. */
export interface Promotion {
  /** The former primary's Region. */
  readonly from: string
  readonly at: number
  /** Digest of the content at that moment (replication/content.ts): it tells what either side has changed since. */
  readonly base: string
}

/** In the head of a primary that steps down: it takes no writes any more, until the other Region has taken over. */
export interface Yielding {
  readonly to: string
  readonly at: number
  /** Where both have changed: whose labels and metadata stay. */
  readonly winner?: 'this' | 'other'
}

export interface Replication {
  /** When this head's incarnation came to be, for {@link Stamp}; absent: `createdAt`. */
  readonly born?: number
  /** Present on a primary; empty after the last replica was removed. Sorted by Region. */
  readonly replicas?: readonly ReplicaRequest[]
  readonly leaving?: readonly LeavingRegion[]
  /** The number of the last request that this Region made. */
  readonly lastRequest?: number
  /** Present on a replica. */
  readonly source?: CopySource
  /** By requesting Region: the last request that was acted on here. */
  readonly acted?: Readonly<Record<string, number>>
  readonly promotion?: Promotion
  readonly yielding?: Yielding
  /** The service key is a multi-Region replica of another Region's: fine for a copy, and replaced by one of its own in a secret that is none any more. */
  readonly borrowsKey?: true
}

/** `Removed`: the copy is gone, as was asked. `Detached`: it was promoted, and is no copy any more. */
export type AnswerStatus = 'InProgress' | 'InSync' | 'Failed' | 'Removed' | 'Detached'

/** What a Region has made of the latest request of another one. */
export interface Answer {
  /** The ARN's, of the secret that the request is about. */
  readonly suffix: string
  readonly request: number
  /** The latest request that was acted on; 0: none yet. */
  readonly acted: number
  readonly status: AnswerStatus
  /** Without secrets: names, Regions and keys. */
  readonly message?: string
  /** Of the primary's head that the copy is up to date with; absent before the first copy. */
  readonly stamp?: Stamp
  /** Of the primary's head at which the last attempt failed. */
  readonly triedAt?: Stamp
  /** As DescribeSecret shows it; absent: the service's own key. */
  readonly kmsKeyId?: string
  /** In a row. */
  readonly failures: number
  /** Epoch milliseconds. */
  readonly retryAt?: number
}

/** A secret that was purged while these Regions had not yet said that their copies are gone. */
export interface Departed {
  readonly suffix: string
  readonly waiting: readonly LeavingRegion[]
}

/** The key of a copy that was removed, as long as it can be had back. */
export interface KeptKey {
  readonly suffix: string
  readonly keyArn: string
}

export interface OwnTrouble {
  /** Without secrets: names, Regions and keys. */
  readonly message: string
  /** Epoch milliseconds. */
  readonly retryAt: number
}

/** What a Region has to tell the others about a name beside its head; it outlives the head. */
export interface Link {
  /** Grows by one with every write of it; the condition of the next. */
  readonly revision: number
  /** By requesting Region. */
  readonly answers: Readonly<Record<string, Answer>>
  readonly departed: readonly Departed[]
  readonly keptKey?: KeptKey
  /** The greatest `born` of a head here. */
  readonly born: number
  /** The greatest revision of a head that is gone: the next one goes on counting, so that whoever still has the former at hand changes nothing. */
  readonly lastRevision?: number
  /** Grows when others shall look again: a message may have been lost. */
  readonly nudge: number
  /** How often that was in a row, without an answer; absent: not at all. */
  readonly unanswered?: number
  /** Epoch milliseconds: when this Region should look again; absent: when something changes. */
  readonly checkAt?: number
  /** Epoch milliseconds: when a head here, or a copy that was to be, was last done with. What is told of it is kept for a while from then on. */
  readonly overAt?: number
  /** What is to be done with the own secret, and has failed: taking over from another Region, or giving it a key of its own. */
  readonly trouble?: OwnTrouble
}

export const noLink: Link = { revision: 0, answers: {}, departed: [], born: 0, nudge: 0 }

export const stampOf = ({
  replication,
  createdAt,
  revision,
}: Pick<SecretHead, 'replication' | 'createdAt' | 'revision'>): Stamp => ({
  born: replication?.born ?? createdAt,
  revision,
})

/** Negative: `a` is older. */
export const compareStamps = (a: Stamp, b: Stamp): number => a.born - b.born || a.revision - b.revision

export const isReplica = ({ replication }: Pick<SecretHead, 'replication'>): boolean =>
  replication?.source !== undefined

/** A primary or a secret by itself: not a copy. */
export const isYielding = ({ replication }: Pick<SecretHead, 'replication'>): boolean =>
  replication?.yielding !== undefined

/** SM-REPLICA: shown by the primary of replicas and by each of them; undefined for a secret that is by itself. */
export function primaryRegionOf({ replication, key }: Pick<SecretHead, 'replication' | 'key'>): string | undefined {
  if (replication?.source) return replication.source.region
  return replication?.replicas && replication.replicas.length > 0 ? key.region : undefined
}

/** A number for the next request of this head's Region. */
export const nextRequest = ({ replication }: Pick<SecretHead, 'replication'>, now: number): number =>
  Math.max(now, (replication?.lastRequest ?? 0) + 1)

/** Every other Region that the head has to do with: who must hear of its changes. */
export function regionsConcernedBy({ replication }: Pick<SecretHead, 'replication'>): readonly string[] {
  if (!replication) return []
  const { replicas = [], leaving = [], source, promotion, yielding, acted = {} } = replication
  return [
    ...new Set([
      ...[...replicas, ...leaving].map(({ region }) => region),
      ...(source ? [source.region] : []),
      ...(promotion ? [promotion.from] : []),
      ...(yielding ? [yielding.to] : []),
      ...Object.keys(acted),
    ]),
  ]
}

/** Every other Region that a link has to do with. */
export const regionsConcernedByLink = ({ answers, departed }: Link): readonly string[] => [
  ...new Set([...Object.keys(answers), ...departed.flatMap(({ waiting }) => waiting.map(({ region }) => region))]),
]

/** Whether a copy is of one of these heads, or of an earlier one of the same Region: a primary that has come back since is another matter. */
export const isOfPredecessor = (copy: CopySource, predecessors: readonly CopySource[] = []): boolean =>
  predecessors.some(({ region, stamp }) => region === copy.region && compareStamps(copy.stamp, stamp) <= 0)

/** What a Region tells about this request of `from`, or about a later one for the same secret; undefined when it has not heard of it yet. */
export function answerTo(
  link: Link | undefined,
  { from, suffix, at }: { readonly from: string; readonly suffix: string; readonly at: number },
): Answer | undefined {
  const told = link?.answers[from]
  return told?.suffix === suffix && told.request >= at ? told : undefined
}

/** There is no copy, or none any more. */
export const isOver = (told: Pick<Answer, 'status'> | undefined): boolean =>
  told?.status === 'Removed' || told?.status === 'Detached'
