/**
 * KMS of every Region in memory. Wrapping is a table: a wrapped data key is a number, and what it stands for is handed out only to the key (or one related to it) and the context that it was wrapped with. That is all of
 * AES that the simulation needs, and costs next to nothing.
 * @module
 */
import {
  KeyFailure,
  type DataKey,
  type EncryptionContext,
  type KeyDecryptUse,
  type KeyDescription,
  type KeyEncryptUse,
  type KeyMode,
  type KeyScope,
  type KeyService,
  type ScannedKey,
  type WrappedDataKey,
} from '../../../lambda/core/ports/key-service.ts'
import { DAY } from '../../../lambda/core/domain/dates.ts'
import type { Actor } from './actor.ts'
import type { SeededEntropy } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

const ACCOUNT = '123456789012'
const RETIREMENT = 7 * DAY
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'kms:*', Resource: '*' }],
})

/** `awaiting-replicas`: shall be deleted, once its replicas are gone. */
export type KeyState = 'enabled' | 'disabled' | 'pending' | 'awaiting-replicas'

export interface SimulatedKey {
  readonly arn: string
  readonly id: string
  readonly region: string
  readonly owner: 'dedicated' | 'shared' | 'customer'
  readonly isReplica: boolean
  /** ARN of the secret that a dedicated key was made for. */
  readonly secretArn: string
  readonly createdAt: number
  state: KeyState
  deleteAt: number
  /** When its deletion was last asked for; 0: never. */
  retiredAt: number
}

/** `throttled`: KMS says so. `unreachable`: no answer. */
export type Outage = 'throttled' | 'unreachable'

export class KmsUnreachable extends Error {
  override readonly name = 'KmsUnreachable'
}

interface Wrapped {
  readonly keyId: string
  readonly context: string
  readonly dataKey: Uint8Array
}

export interface Decryption {
  readonly actor: Actor
  /** Where KMS was asked. */
  readonly region: string
  readonly secretArn: string
}

export class KeyWorld {
  readonly mode: KeyMode
  readonly outages = new Map<string, Outage>()
  readonly keys = new Map<string, SimulatedKey>()
  onDecryption: (decryption: Decryption) => void = () => undefined
  onRetirement: (key: SimulatedKey) => void = () => undefined
  readonly time: VirtualTime
  readonly entropy: SeededEntropy
  readonly #wrapped: Wrapped[] = []
  #made = 0

  constructor({ mode, time, entropy }: { mode: KeyMode; time: VirtualTime; entropy: SeededEntropy }) {
    this.mode = mode
    this.time = time
    this.entropy = entropy
  }

  addCustomerKey(region: string): string {
    return this.#add({ region, owner: 'customer', id: `customer-${++this.#made}`, isReplica: false, secretArn: '' }).arn
  }

  addDedicatedKey(region: string, secretArn: string): SimulatedKey {
    return this.#add({ region, owner: 'dedicated', id: `mrk-${++this.#made}`, isReplica: false, secretArn })
  }

  addReplica(of: SimulatedKey, region: string, secretArn: string): SimulatedKey {
    return this.#add({ region, owner: 'dedicated', id: of.id, isReplica: true, secretArn })
  }

  sharedKey(region: string): SimulatedKey {
    const arn = arnOfKey(region, `mrk-shared-${region}`)
    return (
      this.find(arn) ??
      this.#add({ region, owner: 'shared', id: `mrk-shared-${region}`, isReplica: false, secretArn: '' })
    )
  }

  /** Undefined for a key that was never there or is gone. */
  find(arn: string): SimulatedKey | undefined {
    const key = this.keys.get(arn)
    if (!key) return undefined
    this.#settle(key)
    return this.keys.get(arn)
  }

  retire(key: SimulatedKey): void {
    key.retiredAt = this.time.now()
    if (key.state === 'pending' || key.state === 'awaiting-replicas') return
    const isAwaited = !key.isReplica && this.replicasOf(key).length > 0
    key.state = isAwaited ? 'awaiting-replicas' : 'pending'
    key.deleteAt = this.time.now() + RETIREMENT
    this.onRetirement(key)
  }

  replicasOf({ id, arn }: SimulatedKey): readonly SimulatedKey[] {
    return [...this.keys.values()].filter(
      (each) => each.id === id && each.arn !== arn && this.find(each.arn) !== undefined,
    )
  }

  wrap({ id }: SimulatedKey, context: EncryptionContext, dataKey: Uint8Array): Uint8Array {
    const wrapped = Buffer.alloc(4)
    wrapped.writeUInt32BE(this.#wrapped.length)
    this.#wrapped.push({ keyId: id, context: textOf(context), dataKey: Uint8Array.from(dataKey) })
    return wrapped
  }

  /** Undefined where the key, the context or the bytes are wrong. */
  unwrap({ id }: Pick<SimulatedKey, 'id'>, context: EncryptionContext, wrapped: Uint8Array): Uint8Array | undefined {
    if (wrapped.byteLength !== 4) return undefined
    const entry = this.#wrapped[Buffer.from(wrapped).readUInt32BE()]
    if (entry?.keyId !== id || entry.context !== textOf(context)) return undefined
    return Uint8Array.from(entry.dataKey)
  }

  #add(wanted: Pick<SimulatedKey, 'region' | 'owner' | 'id' | 'isReplica' | 'secretArn'>): SimulatedKey {
    const arn = arnOfKey(wanted.region, wanted.id)
    const key: SimulatedKey = {
      ...wanted,
      arn,
      createdAt: this.time.now(),
      state: 'enabled',
      deleteAt: 0,
      retiredAt: 0,
    }
    this.keys.set(arn, key)
    return key
  }

  #settle(key: SimulatedKey): void {
    const now = this.time.now()
    if (key.state === 'awaiting-replicas') {
      const replicas = [...this.keys.values()].filter((each) => each.id === key.id && each.isReplica)
      for (const each of replicas) this.#settle(each)
      if (this.replicasOf(key).length > 0) return
      key.state = 'pending'
      key.deleteAt = Math.max(key.deleteAt, ...replicas.map(({ deleteAt }) => deleteAt + RETIREMENT))
    }
    if (key.state === 'pending' && key.deleteAt <= now) this.keys.delete(key.arn)
  }
}

export const arnOfKey = (region: string, id: string): string => `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`

const textOf = ({ SecretARN, SecretVersionId }: EncryptionContext): string => `${SecretARN}|${SecretVersionId}`

/** KMS as one actor meets it. */
export class SimulatedKeyService implements KeyService {
  readonly mode: KeyMode
  readonly #world: KeyWorld
  readonly #actor: Actor

  constructor(world: KeyWorld, actor: Actor) {
    this.mode = world.mode
    this.#world = world
    this.#actor = actor
  }

  async describeKey({ keyId, scope }: { readonly keyId: string; readonly scope: KeyScope }): Promise<KeyDescription> {
    this.#reach(scope.region)
    const key = this.#world.find(keyId)
    if (key?.region !== scope.region) throw failure('unusable', 'NotFoundException', `Key '${keyId}' does not exist`)
    if (key.owner !== 'customer') throw failure('denied', 'AccessDeniedException', `${keyId} is a service key`)
    return {
      arn: key.arn,
      account: ACCOUNT,
      region: key.region,
      policy: POLICY,
      tags: [],
      aliases: [],
      keySpec: 'SYMMETRIC_DEFAULT',
      keyUsage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
    }
  }

  async serviceKey({ secretArn, scope }: { readonly secretArn: string; readonly scope: KeyScope }): Promise<string> {
    this.#reachOwn(scope.region)
    if (this.mode === 'shared') return this.#world.sharedKey(scope.region).arn
    return this.#world.addDedicatedKey(scope.region, secretArn).arn
  }

  async generateDataKey(use: KeyEncryptUse): Promise<DataKey> {
    const key = this.#world.entropy.bytes(32)
    return { ...this.#wrap(use, key), key }
  }

  async wrapDataKey(use: KeyEncryptUse & { readonly dataKey: Uint8Array }): Promise<WrappedDataKey> {
    return this.#wrap(use, use.dataKey)
  }

  async unwrapDataKey({ keyId, context, scope, wrapped }: KeyDecryptUse): Promise<Uint8Array> {
    this.#reach(scope.region)
    const key = this.#usable(keyId, scope)
    const opened = this.#world.unwrap(key, context, wrapped)
    if (!opened) throw failure('unusable', 'InvalidCiphertextException', 'the blob is not of this key')
    this.#world.onDecryption({ actor: this.#actor, region: scope.region, secretArn: context.SecretARN })
    return opened
  }

  async replicaKey(request: {
    readonly sourceKeyArn: string | undefined
    readonly secretArn: string
    readonly scope: KeyScope
  }): Promise<string> {
    const { sourceKeyArn, secretArn, scope } = request
    this.#reachOwn(scope.region)
    if (this.mode === 'shared') return this.#world.sharedKey(scope.region).arn
    const source = sourceKeyArn === undefined ? undefined : this.#world.find(sourceKeyArn)
    if (sourceKeyArn !== undefined) this.#reach(sourceKeyArn.split(':')[3] ?? '')
    if (
      source?.owner !== 'dedicated' ||
      source.isReplica ||
      source.region === scope.region ||
      source.state !== 'enabled'
    )
      return this.#world.addDedicatedKey(scope.region, secretArn).arn
    const existing = this.#world.find(arnOfKey(scope.region, source.id))
    if (!existing) return this.#world.addReplica(source, scope.region, secretArn).arn
    existing.state = 'enabled'
    return existing.arn
  }

  async reviveServiceKey(keyArn: string): Promise<boolean> {
    this.#reachOwn(keyArn.split(':')[3] ?? '')
    const key = this.#world.find(keyArn)
    if (key?.owner !== 'dedicated') return false
    key.state = 'enabled'
    return true
  }

  async retireServiceKey(keyArn: string): Promise<void> {
    this.#reachOwn(keyArn.split(':')[3] ?? '')
    const key = this.#world.find(keyArn)
    if (key?.owner === 'dedicated') this.#world.retire(key)
  }

  async scanServiceKeys(after: string | undefined, limit: number): Promise<readonly ScannedKey[]> {
    this.#reach(this.#actor.region)
    return [...this.#world.keys.keys()]
      .sort()
      .filter((arn) => after === undefined || arn > after)
      .flatMap((arn) => this.#world.find(arn) ?? [])
      .filter(
        ({ owner, region, state }) =>
          owner === 'dedicated' && region === this.#actor.region && (state === 'enabled' || state === 'disabled'),
      )
      .slice(0, limit)
      .map(({ arn, secretArn, createdAt }) => ({ keyArn: arn, secretArn, createdAt, position: arn }))
  }

  #wrap({ keyId, owner, context, scope }: KeyEncryptUse, dataKey: Uint8Array): WrappedDataKey {
    this.#reachOwn(scope.region)
    const key = this.#usable(keyId, scope)
    if (owner === 'customer' && key.owner !== 'customer')
      throw failure('denied', 'AccessDeniedException', `${keyId} is a service key`)
    return { wrapped: this.#world.wrap(key, context, dataKey), keyArn: key.arn }
  }

  #usable(keyId: string, { region }: KeyScope): SimulatedKey {
    const key = this.#world.find(keyId)
    if (key?.region !== region) throw failure('unusable', 'NotFoundException', `Key '${keyId}' does not exist`)
    if (key.state === 'disabled') throw failure('unusable', 'DisabledException', `${keyId} is disabled.`)
    if (key.state !== 'enabled') throw failure('unusable', 'KMSInvalidStateException', `${keyId} is pending deletion.`)
    return key
  }

  /** What makes, uses for sealing, or changes a key is done in the own Region. */
  #reachOwn(region: string): void {
    if (region !== this.#actor.region)
      throw new Error(`${this.#actor.name} in ${this.#actor.region} reached for a key of ${region}`)
    this.#reach(region)
  }

  /** Decrypting in another Region is for the replicator alone. */
  #reach(region: string): void {
    if (region !== this.#actor.region && this.#actor.kind === 'operation')
      throw new Error(`${this.#actor.name} in ${this.#actor.region} asked KMS of ${region}`)
    const outage = this.#world.outages.get(region)
    if (outage === 'throttled') throw failure('throttled', 'ThrottlingException', 'Rate exceeded')
    if (outage === 'unreachable') throw new KmsUnreachable(`KMS of ${region} does not answer`)
  }
}

const failure = (kind: 'denied' | 'unusable' | 'throttled', code: string, message: string): KeyFailure =>
  new KeyFailure({ kind, code, message, requestId: 'request-of-kms' })
