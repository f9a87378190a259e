/**
 * Secrets in two Regions of the deployment: what the replicators make of the synthesised streams, roles and schedules, and what of networks and keys that fail.
 * @module
 */
import { KMS } from '@aws-sdk/client-kms'
import type { CreateSecretRequest, ReplicationStatusType, SecretsManager } from '@aws-sdk/client-secrets-manager'
import { createSecretsManager } from '../../../client/create-client.ts'
import type { CofferPlace } from '../../../local/cli/coffer-call.ts'
import { reprimary } from '../../../local/cli/replication-reprimary.ts'
import { replicationPreflight, replicationStatus, showReplication } from '../../../local/cli/replication.ts'
import { secretValue, uniqueName } from '../../conformance/target.ts'
import { ADMIN, type ChildSandbox } from './child-sandbox.ts'
import { withStranger } from './stranger.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const REPLICATOR = 'coffer-replicator'
const NOT_ON_REPLICA = "Operation not permitted on a replica secret. Call must be made in primary secret's region."

interface Message {
  readonly message: string
  readonly attributes: Readonly<Record<string, string>>
}

export class ReplicationStories {
  readonly sandbox: ChildSandbox
  readonly here: string
  readonly there: string
  readonly primary: SecretsManager
  readonly replica: SecretsManager
  readonly keys: Readonly<Record<'here' | 'there', KMS>>

  constructor(sandbox: ChildSandbox) {
    this.sandbox = sandbox
    const { url, kmsUrl, regions } = sandbox.welcome
    const [here = '', there = ''] = regions
    const of = (region: string) => ({ region, credentials: ADMIN, maxAttempts: 1 })
    this.here = here
    this.there = there
    this.primary = createSecretsManager({ endpoint: url, ...of(here) })
    this.replica = createSecretsManager({ endpoint: url, ...of(there) })
    this.keys = { here: new KMS({ endpoint: kmsUrl, ...of(here) }), there: new KMS({ endpoint: kmsUrl, ...of(there) }) }
  }

  /** One after another; none needs a fault, or leaves one. */
  async all(): Promise<void> {
    const secret = await this.firstCopy()
    await this.changes(secret)
    await this.removedAndAddedAgain(secret)
    await this.promoted(secret)
    await this.customerKeys()
    await this.cutOff()
    await this.overwritten()
    await this.refusedToStranger()
  }

  end(): void {
    for (const each of [this.primary, this.replica, this.keys.here, this.keys.there]) each.destroy()
  }

  /** InProgress at first, then in sync, and told of; the copy is the secret in its Region. @returns the name */
  async firstCopy(): Promise<string> {
    const { SecretId, value, made } = await this.#create({ Description: 'copied', Tags: [{ Key: 'team', Value: 'a' }] })
    expect(made.ReplicationStatus).toMatchObject([{ Region: this.there, Status: 'InProgress' }])
    expect(await this.#statusOf(SecretId)).toMatchObject({ Status: 'InSync', StatusMessage: 'Replication succeeded' })
    expect(await this.#valueIn(this.replica, SecretId)).toBe(value)
    const copy = await this.replica.describeSecret({ SecretId })
    expect(copy).toMatchObject({
      ARN: made.ARN!.replace(this.here, this.there),
      Description: 'copied',
      PrimaryRegion: this.here,
      Tags: [{ Key: 'team', Value: 'a' }],
    })
    expect(copy.VersionIdsToStages).toEqual((await this.primary.describeSecret({ SecretId })).VersionIdsToStages)
    expect(await this.#eventsOf(SecretId)).toEqual(['ReplicationStarted', 'ReplicationSucceeded'])
    return SecretId
  }

  /** A new value, a big one, labels and tags; nothing is changed on the copy itself. */
  async changes(SecretId: string): Promise<void> {
    const big = secretValue('big').padEnd(20_000, '.')
    for (const SecretString of [secretValue('second'), big]) {
      await this.primary.putSecretValue({ SecretId, SecretString })
      await this.settle()
      expect(await this.#valueIn(this.replica, SecretId)).toBe(SecretString)
    }
    await this.primary.untagResource({ SecretId, TagKeys: ['team'] })
    await this.primary.updateSecret({ SecretId, Description: 'changed' })
    await this.settle()
    expect(await this.replica.describeSecret({ SecretId })).toMatchObject({ Description: 'changed', Tags: [] })
    expect(await this.#statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
    await expect(this.replica.putSecretValue({ SecretId, SecretString: big })).rejects.toThrow(NOT_ON_REPLICA)
  }

  /** The copy and its key go; within the waiting period the key is had back. */
  async removedAndAddedAgain(SecretId: string): Promise<void> {
    const removal = { SecretId, RemoveReplicaRegions: [this.there] }
    expect((await this.primary.removeRegionsFromReplication(removal)).ReplicationStatus).toEqual([])
    await this.settle()
    await expect(this.replica.getSecretValue({ SecretId })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    // The primary has heard of it.
    const shown = await showReplication(this.#place(this.here), { secret: SecretId, region: this.here })
    expect([shown.replicas, shown.leaving]).toEqual([[], []])
    const before = await this.#callsOfReplicator()
    await this.#replicate(SecretId)
    expect(await this.#statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
    expect(await this.#valueIn(this.replica, SecretId)).toBe(await this.#valueIn(this.primary, SecretId))
    const after = await this.#callsOfReplicator()
    const more = (operation: string): number => (after[operation] ?? 0) - (before[operation] ?? 0)
    expect([more('kms:CancelKeyDeletion'), more('kms:EnableKey'), more('kms:ReplicateKey')]).toEqual([1, 1, 0])
  }

  /** A secret of its own, with a key of its own; the former primary has no copy any more. */
  async promoted(SecretId: string): Promise<void> {
    const before = await this.#callsOfReplicator()
    await this.replica.stopReplicationToReplica({ SecretId })
    await this.settle()
    expect((await this.#callsOfReplicator())['kms:CreateKey'] ?? 0).toBe((before['kms:CreateKey'] ?? 0) + 1)
    const [first, second] = [secretValue('here'), secretValue('there')]
    await this.primary.putSecretValue({ SecretId, SecretString: first })
    await this.replica.putSecretValue({ SecretId, SecretString: second })
    await this.settle()
    expect(await this.#valueIn(this.primary, SecretId)).toBe(first)
    expect(await this.#valueIn(this.replica, SecretId)).toBe(second)
    for (const client of [this.primary, this.replica]) {
      const shown = await client.describeSecret({ SecretId })
      expect([shown.ReplicationStatus ?? [], shown.PrimaryRegion]).toEqual([[], undefined])
      await client.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
    }
    await this.settle()
  }

  /** The primary's is asked for in its Region, the copy's in its own; one that is disabled is told of, and tried again by the clock. */
  async customerKeys(): Promise<void> {
    const arnOf = async (kms: KMS): Promise<string> => (await kms.createKey({})).KeyMetadata!.Arn!
    const [KmsKeyId, copyKey] = [await arnOf(this.keys.here), await arnOf(this.keys.there)]
    const place = this.#place(this.there)
    const name = uniqueName('keyed')
    const flags = { to: this.there, kmsKeyId: copyKey }
    expect(await replicationPreflight(place, name, flags)).toMatchObject({ isFine: true })
    await this.keys.there.disableKey({ KeyId: copyKey })
    expect(await replicationPreflight(place, name, flags)).toMatchObject({ isFine: false })

    const AddReplicaRegions = [{ Region: this.there, KmsKeyId: copyKey }]
    const { SecretId, value } = await this.#create({ Name: name, KmsKeyId, AddReplicaRegions })
    expect(await this.#statusOf(SecretId)).toMatchObject({
      Status: 'Failed',
      StatusMessage: expect.stringContaining('ReplicateSecretToRegions') as string,
    })
    expect((await replicationStatus(this.#place(this.here), SecretId, {})).isFine).toBe(false)
    await this.keys.there.enableKey({ KeyId: copyKey })
    await this.sandbox.advanceClock(DAY)
    expect(await this.#statusOf(SecretId)).toMatchObject({ Status: 'InSync', KmsKeyId: copyKey })
    expect(await this.#valueIn(this.replica, SecretId)).toBe(value)
    // With the key of the copy alone, its Region goes on.
    await this.keys.here.disableKey({ KeyId: KmsKeyId })
    expect(await this.#valueIn(this.replica, SecretId)).toBe(value)
    await this.keys.here.enableKey({ KeyId: KmsKeyId })
    // Another one, by its own Region.
    await this.replica.updateSecret({ SecretId, KmsKeyId: await arnOf(this.keys.there) })
    await this.settle()
    expect(await this.#valueIn(this.replica, SecretId)).toBe(value)
    expect(await this.#statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
    expect(await this.#eventsOf(SecretId)).toEqual(['ReplicationStarted', 'ReplicationFailed', 'ReplicationSucceeded'])
    // Who sends a secret elsewhere must be able to open it.
    const later = await this.#create({ KmsKeyId, AddReplicaRegions: undefined })
    await this.#replicate(later.SecretId)
    expect(await this.#statusOf(later.SecretId)).toMatchObject({ Status: 'InSync' })
    expect(await this.#valueIn(this.replica, later.SecretId)).toBe(later.value)
  }

  /** Nothing gets from one Region to the other: each goes on with what it has, the copy is promoted, both are written to; then one of them is the primary again. */
  async cutOff(): Promise<void> {
    const { SecretId, value } = await this.#create()
    await this.#hold(true)
    const [mine, theirs] = [secretValue('mine'), secretValue('theirs')]
    await this.primary.putSecretValue({ SecretId, SecretString: mine })
    await this.settle()
    expect(await this.#valueIn(this.replica, SecretId)).toBe(value)
    expect(await this.#statusOf(SecretId)).toMatchObject({ Status: 'InProgress' })
    await this.replica.stopReplicationToReplica({ SecretId })
    await this.replica.putSecretValue({ SecretId, SecretString: theirs })
    await this.settle()
    await this.#hold(false)
    await this.settle()
    expect(await this.#valueIn(this.primary, SecretId)).toBe(mine)
    expect(await this.#valueIn(this.replica, SecretId)).toBe(theirs)

    const place = this.#place(this.there)
    const shown = await showReplication(place, { secret: SecretId, region: this.there })
    expect(shown.others).toMatchObject([{ region: this.here, diverged: { here: true, there: true } }])
    const means = { print: () => undefined }
    const flags = { to: this.there, wait: false }
    await expect(reprimary(place, SecretId, { ...means, flags })).rejects.toThrow('--winner')
    await reprimary(place, SecretId, { ...means, flags: { ...flags, winner: this.there } })
    await this.settle()
    expect(await this.primary.describeSecret({ SecretId })).toMatchObject({ PrimaryRegion: this.there })
    for (const client of [this.primary, this.replica]) {
      expect(await this.#valueIn(client, SecretId)).toBe(theirs)
      const { Versions } = await client.listSecretVersionIds({ SecretId, IncludeDeprecated: true })
      const values = await Promise.all(
        Versions!.map(async ({ VersionId }) => (await client.getSecretValue({ SecretId, VersionId })).SecretString),
      )
      expect(values.toSorted()).toEqual([value, mine, theirs].toSorted())
    }
    await expect(this.primary.putSecretValue({ SecretId, SecretString: mine })).rejects.toThrow(NOT_ON_REPLICA)
    const [status] = (await this.replica.describeSecret({ SecretId })).ReplicationStatus!
    expect(status).toMatchObject({ Region: this.here, Status: 'InSync' })
  }

  /** A secret that has the name is left alone until it is told otherwise, and then once. */
  async overwritten(): Promise<void> {
    const Name = uniqueName('taken')
    const other = secretValue('other').padEnd(20_000, '.')
    await this.replica.createSecret({ Name, SecretString: other })
    const { value } = await this.#create({ Name })
    expect(await this.#statusOf(Name)).toMatchObject({ Status: 'Failed' })
    expect(await this.#valueIn(this.replica, Name)).toBe(other)
    await this.#replicate(Name, { ForceOverwriteReplicaSecret: true })
    expect(await this.#statusOf(Name)).toMatchObject({ Status: 'InSync' })
    expect(await this.#valueIn(this.replica, Name)).toBe(value)
    await expect(this.primary.deleteSecret({ SecretId: Name })).rejects.toThrow(/still has replica regions/)
    await this.primary.removeRegionsFromReplication({ SecretId: Name, RemoveReplicaRegions: [this.there] })
    await this.primary.deleteSecret({ SecretId: Name, ForceDeleteWithoutRecovery: true })
    await this.settle()
    for (const client of [this.primary, this.replica])
      await expect(client.getSecretValue({ SecretId: Name })).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
      })
  }

  /** How a secret is replicated is told to whom policies let. */
  async refusedToStranger(): Promise<void> {
    const { SecretId } = await this.#create()
    await withStranger(this.sandbox, (stranger) =>
      expect(replicationStatus(this.#place(this.here, stranger), SecretId, {})).rejects.toThrow(
        /not authorized to perform: coffer:ShowReplication/,
      ),
    )
  }

  /** KMS of the copy's Region says no to everything for a while: the copy stays as it was, and is brought up to date afterwards. */
  async outage(): Promise<void> {
    const { SecretId, value } = await this.#create()
    const fault = { service: 'kms', function: REPLICATOR, code: 'ThrottlingException', message: 'Rate exceeded' }
    await this.sandbox.admin('POST', '/faults', fault)
    const next = secretValue('next')
    await this.primary.putSecretValue({ SecretId, SecretString: next })
    await this.settle()
    expect(await this.#statusOf(SecretId)).not.toMatchObject({ Status: 'InSync' })
    await this.sandbox.admin('DELETE', '/faults')
    expect(await this.#valueIn(this.replica, SecretId)).toBe(value)
    await this.sandbox.advanceClock(60 * MINUTE)
    expect(await this.#statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
    expect(await this.#valueIn(this.replica, SecretId)).toBe(next)
  }

  /** The replicator can't get at the table until Lambda gives its records up: the sweep by the clock brings the copy up to date. */
  async lostRecords(): Promise<void> {
    const { SecretId, value } = await this.#create()
    const fault = { service: 'dynamodb', operation: 'BatchGetItem', function: REPLICATOR, code: 'InternalServerError' }
    await this.sandbox.admin('POST', '/faults', { ...fault, status: 500 })
    const next = secretValue('lost')
    await this.primary.putSecretValue({ SecretId, SecretString: next })
    await this.settle()
    expect(await this.#valueIn(this.replica, SecretId)).toBe(value)
    await this.sandbox.admin('DELETE', '/faults')
    await this.sandbox.advanceClock(DAY)
    expect(await this.#valueIn(this.replica, SecretId)).toBe(next)
    expect(await this.#statusOf(SecretId)).toMatchObject({ Status: 'InSync' })
  }

  /** `dynamodb:Query` -> 1 and so on: what one request made its function call, by whom the function knows already. */
  async countedCalls(request: () => Promise<unknown>): Promise<Record<string, number>> {
    await request()
    await this.settle()
    await this.sandbox.admin('POST', '/reset-counts')
    await request()
    const { invocations } = await this.sandbox.report()
    const asked = invocations.filter(({ function: name }) => name === 'coffer-get-secret-value')
    expect(asked).toHaveLength(1)
    const counts: Record<string, number> = {}
    for (const { operation } of asked[0]!.calls) counts[operation] = (counts[operation] ?? 0) + 1
    return counts
  }

  settle(): Promise<unknown> {
    return this.sandbox.admin('POST', '/settle')
  }

  async #create(request: Partial<CreateSecretRequest> = {}) {
    const value = secretValue('replicated')
    const Name = request.Name ?? uniqueName('replicated')
    const AddReplicaRegions = [{ Region: this.there }]
    const made = await this.primary.createSecret({ Name, SecretString: value, AddReplicaRegions, ...request })
    await this.settle()
    return { SecretId: Name, value, made }
  }

  async #replicate(SecretId: string, more: { ForceOverwriteReplicaSecret?: boolean } = {}): Promise<void> {
    await this.primary.replicateSecretToRegions({ SecretId, AddReplicaRegions: [{ Region: this.there }], ...more })
    await this.settle()
  }

  async #statusOf(SecretId: string): Promise<ReplicationStatusType> {
    const { ReplicationStatus } = await this.primary.describeSecret({ SecretId })
    expect(ReplicationStatus).toHaveLength(1)
    return ReplicationStatus![0]!
  }

  async #valueIn(client: SecretsManager, SecretId: string): Promise<string | undefined> {
    return (await client.getSecretValue({ SecretId })).SecretString
  }

  #hold(hold: boolean): Promise<unknown> {
    return this.sandbox.admin('POST', '/replication', { hold })
  }

  /** By all Regions' replicators together. */
  async #callsOfReplicator(): Promise<Record<string, number>> {
    const { functions } = await this.sandbox.report()
    const operations = functions[REPLICATOR]?.operations ?? {}
    return Object.fromEntries(Object.entries(operations).map(([name, { calls }]) => [name, calls]))
  }

  /** What the topic was told of a secret, in its order. */
  async #eventsOf(SecretId: string): Promise<readonly string[]> {
    const { ARN } = await this.primary.describeSecret({ SecretId })
    const { messages } = await this.sandbox.admin<{ messages: readonly Message[] }>('GET', '/messages')
    return messages.filter(({ message }) => message.includes(ARN!)).map(({ attributes }) => attributes.event!)
  }

  #place(region: string, { accessKeyId, secretAccessKey } = ADMIN): CofferPlace {
    return {
      flags: { url: this.sandbox.welcome.url, region },
      environment: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    }
  }
}
