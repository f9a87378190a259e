/**
 * The core's keys out of AWS KMS. One deployment serves the keys of one account, and in each Region those of that Region; only the replicator opens with the keys of others, and has KMS replicate them.
 * @module
 */
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms'
import type { Clock } from '../../../core/ports/clock.ts'
import type {
  DataKey,
  KeyDescription,
  KeyDecryptUse,
  KeyEncryptUse,
  KeyMode,
  KeyScope,
  KeyService,
  KeyUse,
  ScannedKey,
  WrappedDataKey,
} from '../../../core/ports/key-service.ts'
import type { KeyPlace, SharedKeyRegistry } from '../shared-key-registry.ts'
import { KeyDescriptions } from './key-descriptions.ts'
import { checkScope, isHomeKeyArn, keyIdFor } from './key-name.ts'
import { callingKms, incorrectKey, invalidCiphertext, serviceKeyNamed } from './kms-failures.ts'
import { ReplicaKeys, type KmsIn } from './replica-keys.ts'
import { scanDedicatedKeys, type FindKeys } from './service-key-scan.ts'
import { checkDeployment } from './service-key-policy.ts'
import { ServiceKeys } from './service-keys.ts'
import { realPause, whileSettling, type Pause } from './settling.ts'
import { SharedKey } from './shared-key.ts'

const DATA_KEY_BYTES = 32
/** KMS API reference, Decrypt: CiphertextBlob. */
const MAX_BLOB_BYTES = 6144

export interface KmsKeyServiceOptions {
  /** Of `region`, with credentials of `account`. */
  readonly kms: KMSClient
  readonly registry: SharedKeyRegistry
  readonly mode: KeyMode
  /** The deployment's prefix: names its keys and, by their path, its roles. */
  readonly deployment: string
  readonly account: string
  readonly region: string
  readonly clock: Clock
  /** What only the sweeper has: tagged-keys.ts. */
  readonly findKeys?: FindKeys
  /** What only the replicator has: other Regions' KMS, with credentials of `account`. Without it another Region is refused. */
  readonly kmsIn?: KmsIn
  /** Waits; for tests. */
  readonly pause?: Pause
}

export class KmsKeyService implements KeyService {
  readonly mode: KeyMode
  readonly #kms: KMSClient
  readonly #home: KeyPlace
  readonly #serviceKeys: ServiceKeys
  readonly #sharedKey: SharedKey
  readonly #descriptions: KeyDescriptions
  readonly #findKeys: FindKeys | undefined
  readonly #kmsIn: KmsIn | undefined
  readonly #replicaKeys: ReplicaKeys | undefined
  readonly #pause: Pause

  constructor(options: KmsKeyServiceOptions) {
    const { kms, registry, mode, account, region, clock, findKeys, kmsIn, pause = realPause } = options
    const deployment = checkDeployment(options.deployment)
    this.mode = mode
    this.#kms = kms
    this.#home = { account, region }
    const [home, serviceKeys] = [this.#home, new ServiceKeys({ kms, home: this.#home, deployment, clock, pause })]
    this.#serviceKeys = serviceKeys
    this.#sharedKey = new SharedKey(registry, serviceKeys, home)
    this.#descriptions = new KeyDescriptions({ kms, home, serviceKeys, clock })
    this.#kmsIn = kmsIn
    this.#replicaKeys = kmsIn && new ReplicaKeys({ kmsIn, home, deployment, serviceKeys, pause })
    this.#findKeys = findKeys
    this.#pause = pause
  }

  async serviceKey({ secretArn, scope }: { secretArn: string; scope: KeyScope }): Promise<string> {
    checkScope(scope, this.#home)
    return this.mode === 'shared' ? this.#sharedKey.arn() : this.#serviceKeys.create(secretArn)
  }

  async replicaKey({ sourceKeyArn, secretArn, scope }: Parameters<KeyService['replicaKey']>[0]): Promise<string> {
    checkScope(scope, this.#home)
    if (this.mode === 'per-secret' && sourceKeyArn !== undefined) {
      if (!this.#replicaKeys) throw new Error('only the replicator has the means to replicate keys')
      const related = await this.#replicaKeys.relatedKey(sourceKeyArn, secretArn)
      if (related !== undefined) return related
    }
    return this.serviceKey({ secretArn, scope })
  }

  async reviveServiceKey(keyArn: string, only?: { readonly onlyEnding: boolean }): Promise<boolean> {
    return isHomeKeyArn(keyArn, this.#home) && this.#serviceKeys.revive(keyArn, only)
  }

  /** SM-KMS-11: a key of another account is refused: its policy can't be read from here. */
  async describeKey({ keyId, scope }: { keyId: string; scope: KeyScope }): Promise<KeyDescription> {
    return this.#descriptions.of(keyIdFor(keyId, scope, this.#home))
  }

  async generateDataKey(use: KeyEncryptUse): Promise<DataKey> {
    const input = { ...inputOf(use, this.#home), KeySpec: 'AES_256' } as const
    const answer = await this.#encrypting(use, () => this.#kms.send(new GenerateDataKeyCommand(input)))
    const key = ownCopy(answer.Plaintext)
    try {
      if (key.byteLength !== DATA_KEY_BYTES) throw new Error(`KMS made a data key of ${key.byteLength} bytes`)
      return { ...(await this.#wrappedBy(use, answer)), key }
    } catch (error) {
      key.fill(0)
      throw error
    }
  }

  async wrapDataKey(use: KeyEncryptUse & { readonly dataKey: Uint8Array }): Promise<WrappedDataKey> {
    const { byteLength } = use.dataKey
    if (byteLength !== DATA_KEY_BYTES)
      throw new TypeError(`dataKey must have ${DATA_KEY_BYTES} bytes, not ${byteLength}`)
    const input = { ...inputOf(use, this.#home), Plaintext: use.dataKey }
    return this.#wrappedBy(use, await this.#encrypting(use, () => this.#kms.send(new EncryptCommand(input))))
  }

  async unwrapDataKey(use: KeyDecryptUse): Promise<Uint8Array> {
    const { wrapped } = use
    const { place, kms } = this.#opening(use.scope)
    const input = { ...inputOf(use, place), CiphertextBlob: wrapped }
    // KMS would answer with a complaint about the request.
    if (wrapped.byteLength === 0 || wrapped.byteLength > MAX_BLOB_BYTES) throw invalidCiphertext()
    const decrypt = () => callingKms(() => kms.send(new DecryptCommand(input)))
    // It may have been made a moment ago, by the function that created the secret.
    const isOurs = use.owner === 'service' || this.#serviceKeys.isOwnMake(input.KeyId)
    const { KeyId: keyArn, Plaintext } = await (isOurs ? whileSettling(this.#pause, decrypt) : decrypt())
    const key = ownCopy(Plaintext)
    try {
      if (!isAnswerFor(input.KeyId, keyArn, place)) throw incorrectKey()
      // A blob that opens to something else was not made by GenerateDataKey or by us.
      if (key.byteLength !== DATA_KEY_BYTES) throw invalidCiphertext()
      return key
    } catch (error) {
      key.fill(0)
      throw error
    }
  }

  async retireServiceKey(keyArn: string): Promise<void> {
    if (isHomeKeyArn(keyArn, this.#home)) await this.#serviceKeys.retire(keyArn)
  }

  async scanServiceKeys(after: string | undefined, limit: number): Promise<readonly ScannedKey[]> {
    if (!this.#findKeys) throw new Error('only the sweeper has the means to find keys')
    const lifeOf = (keyArn: string) => this.#serviceKeys.lifeOf(keyArn)
    return scanDedicatedKeys({ findKeys: this.#findKeys, lifeOf }, after, limit)
  }

  /** Whose keys may open: this Region's, and with the means for it those of the Region that is asked for. */
  #opening({ region }: KeyScope): { readonly place: KeyPlace; readonly kms: KMSClient } {
    if (!this.#kmsIn || region === this.#home.region) return { place: this.#home, kms: this.#kms }
    return { place: { ...this.#home, region }, kms: this.#kmsIn(region) }
  }

  /** A customer's key that is not there is not there; one that we made may only be new. */
  #encrypting<T>({ owner }: KeyEncryptUse, send: () => Promise<T>): Promise<T> {
    const call = () => callingKms(send)
    return owner === 'service' ? whileSettling(this.#pause, call) : call()
  }

  /** @throws {KeyFailure} SM-KMS-09: denied for a service key that a caller named as their own */
  async #wrappedBy(
    { keyId, owner }: KeyEncryptUse,
    { KeyId: keyArn, CiphertextBlob: wrapped }: { KeyId?: string | undefined; CiphertextBlob?: Uint8Array | undefined },
  ): Promise<WrappedDataKey> {
    if (!wrapped || !isAnswerFor(keyId, keyArn, this.#home)) throw new Error('KMS answered for another key')
    if (owner === 'customer' && (await this.#serviceKeys.isServiceKey(keyArn))) throw serviceKeyNamed(keyArn)
    return { wrapped, keyArn }
  }
}

const inputOf = ({ keyId, scope, context }: KeyUse, place: KeyPlace) => ({
  KeyId: keyIdFor(keyId, scope, place),
  EncryptionContext: { ...context },
})

/** KMS answers with the ARN of a key of ours, the very one if an ARN was asked for: also where a key related to that one had made the blob. */
function isAnswerFor(keyId: string, keyArn: string | undefined, place: KeyPlace): keyArn is string {
  if (keyArn === undefined || !isHomeKeyArn(keyArn, place)) return false
  return !keyId.includes(':key/') || keyId === keyArn
}

/** The SDK decodes into Buffer's shared pool: key bytes get a place of their own, which can be wiped, and leave none behind. */
function ownCopy(pooled: Uint8Array | undefined): Uint8Array {
  if (!pooled) throw new Error('KMS answered without a data key')
  const copy = new Uint8Array(pooled)
  pooled.fill(0)
  return copy
}
