/**
 * Two Regions of a target with the stock client in each, and what every suite about replication does there.
 * @module
 */
import type { KMS } from '@aws-sdk/client-kms'
import type {
  CreateSecretRequest,
  ReplicaRegionType,
  ReplicationStatusType,
  SecretsManager,
} from '@aws-sdk/client-secrets-manager'
import type { Bench } from '../target.ts'
import { secretValue, uniqueName } from '../target.ts'

const PATIENCE_MS = 10_000

export interface Replicated {
  /** Its name. */
  readonly SecretId: string
  readonly SecretString: string
  readonly VersionId: string
  /** In each Region. */
  readonly ARN: string
  readonly replicaArn: string
}

export class TwoRegions {
  readonly here: string
  readonly there: string
  /** Of the Region that has the primaries, and of the other one. */
  readonly primary: SecretsManager
  readonly replica: SecretsManager
  readonly kms: Readonly<Record<'here' | 'there', KMS>>
  readonly #bench: Bench
  readonly #made: string[] = []

  constructor(bench: Bench) {
    const { region, otherRegion } = bench.target
    this.#bench = bench
    this.here = region
    this.there = otherRegion
    this.primary = bench.secretsManager(region)
    this.replica = bench.secretsManager(otherRegion)
    this.kms = { here: bench.kms(region), there: bench.kms(otherRegion) }
  }

  async settle(): Promise<void> {
    await this.#can('settle')()
  }

  /** Moves the clock on and has done what fell due. */
  pass(milliseconds: number): Promise<void> {
    return this.#can('advanceClock')(milliseconds)
  }

  /** Nothing goes from one Region to the other during `work`; afterwards it does, and has arrived. */
  async cutOff<T>(work: () => Promise<T>): Promise<T> {
    await this.#can('cutOff')()
    try {
      return await work()
    } finally {
      await this.#can('heal')()
      await this.settle()
    }
  }

  /** Nobody else uses the name, and what is made under it is removed at the end. */
  name(label = 'replicated'): string {
    const name = uniqueName(label)
    this.#made.push(name)
    return name
  }

  /** A primary with a copy that has settled: in sync, or failed. */
  async create(
    replica: Partial<ReplicaRegionType> = {},
    request: Partial<CreateSecretRequest> = {},
  ): Promise<Replicated> {
    const { SecretString, ...made } = await this.#create({
      AddReplicaRegions: [{ Region: this.there, ...replica }],
      ...request,
    })
    await this.settle()
    return { SecretString, ...made }
  }

  /** A secret of one Region. */
  createAlone(request: Partial<CreateSecretRequest> = {}): Promise<Replicated> {
    return this.#create(request)
  }

  async #create(request: Partial<CreateSecretRequest>): Promise<Replicated> {
    const [SecretId, SecretString] = [request.Name ?? this.name(), request.SecretString ?? secretValue()]
    const { ARN = '', VersionId = '' } = await this.primary.createSecret({ ...request, Name: SecretId, SecretString })
    return { SecretId, SecretString, VersionId, ARN, replicaArn: this.elsewhere(ARN) }
  }

  /** The ARN in the other Region of what has this one here. */
  elsewhere(arn: string): string {
    return arn.replace(`:${this.here}:`, `:${this.there}:`)
  }

  /** What the primary shows of its only copy. */
  async statusOf(SecretId: string): Promise<ReplicationStatusType> {
    const { ReplicationStatus = [] } = await this.primary.describeSecret({ SecretId })
    expect(ReplicationStatus).toHaveLength(1)
    return ReplicationStatus[0]!
  }

  /** The current value, or the name of the error. */
  async readIn(client: SecretsManager, SecretId: string, VersionStage?: string): Promise<string | undefined> {
    try {
      return (await client.getSecretValue({ SecretId, ...(VersionStage !== undefined && { VersionStage }) }))
        .SecretString
    } catch (error) {
      return (error as Error).name
    }
  }

  /** Asks until there is something. */
  async until<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const giveUp = performance.now() + PATIENCE_MS
    for (;;) {
      const found = await ask()
      if (found !== undefined || performance.now() > giveUp) return found
    }
  }

  async makeKey(place: 'here' | 'there' = 'there'): Promise<{ KeyId: string; Arn: string }> {
    const { KeyMetadata } = await this.kms[place].createKey({ Description: 'conformance' })
    return { KeyId: KeyMetadata!.KeyId!, Arn: KeyMetadata!.Arn! }
  }

  /** Nothing that replicates is left to what comes after: faults that others make would meet it. */
  async cleanUp(): Promise<void> {
    for (const SecretId of this.#made) {
      const RemoveReplicaRegions = [this.there]
      await this.primary.removeRegionsFromReplication({ SecretId, RemoveReplicaRegions }).catch(() => undefined)
    }
    await this.settle()
    for (const SecretId of this.#made)
      for (const client of [this.primary, this.replica])
        await client.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
    await this.settle()
  }

  #can<K extends 'settle' | 'advanceClock' | 'cutOff' | 'heal'>(what: K): NonNullable<Bench['target'][K]> {
    const able = this.#bench.target[what]
    if (able === undefined) throw new Error(`this target has no ${what}`)
    return able
  }
}
