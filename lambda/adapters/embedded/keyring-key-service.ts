/**
 * The core's keys out of the embedded keyring.
 * @module
 */
import type { Entropy } from '../../core/ports/entropy.ts'
import type {
  DataKey,
  KeyDescription,
  KeyEncryptUse,
  KeyMode,
  KeyScope,
  KeyService,
  KeyUse,
  ScannedKey,
  WrappedDataKey,
} from '../../core/ports/key-service.ts'
import { KeyFailure } from '../../core/ports/key-service.ts'
import { isSameSecret } from '../regionless-arn.ts'
import { asUuid, keyArn, parseKeyArn, type KeyName } from './keyring/key-names.ts'
import type { KeyRecord } from './keyring/key-record.ts'
import { revived } from './keyring/key-states.ts'
import type { Keyring } from './keyring/keyring.ts'
import { forbiddenKey, invalidCiphertext, KmsFailure } from './keyring/kms-failure.ts'

const DATA_KEY_BYTES = 32
const SHARED_ALIAS = 'alias/aws/secretsmanager'
const SHARED_DESCRIPTION = 'Default key that protects my Secrets Manager data when no other key is defined'
/** KMS's shortest waiting period: the secret had its own recovery window already. */
const RETIREMENT_DAYS = 7
/** Names the secret that a dedicated key was made for. */
const SECRET_TAG = 'coffer:secret-arn'

export interface KeyringKeyServiceOptions {
  readonly keyring: Keyring
  readonly entropy: Entropy
  readonly mode: KeyMode
}

export class KeyringKeyService implements KeyService {
  readonly mode: KeyMode
  readonly #keyring: Keyring
  readonly #entropy: Entropy

  constructor({ keyring, entropy, mode }: KeyringKeyServiceOptions) {
    this.mode = mode
    this.#keyring = keyring
    this.#entropy = entropy
  }

  async serviceKey({ secretArn, scope }: { secretArn: string; scope: KeyScope }): Promise<string> {
    const place = { account: scope.account, region: scope.region }
    if (this.mode === 'shared') return this.#keyring.sharedKey(place, SHARED_ALIAS, SHARED_DESCRIPTION)
    const key = await this.#keyring.create({
      place,
      owner: 'dedicated',
      multiRegion: true,
      tags: tagsFor(secretArn),
    })
    return key.arn
  }

  async replicaKey({ sourceKeyArn, secretArn, scope }: Parameters<KeyService['replicaKey']>[0]): Promise<string> {
    const source = this.mode === 'per-secret' && sourceKeyArn !== undefined ? parseKeyArn(sourceKeyArn) : undefined
    const related = source && (await this.#relatedKey(source, secretArn, scope))
    return related ?? this.serviceKey({ secretArn, scope })
  }

  async describeKey({ keyId, scope }: { keyId: string; scope: KeyScope }): Promise<KeyDescription> {
    try {
      const { owner, description } = this.#keyring.describe(scope, keyId)
      // SM-KMS-09
      if (owner !== 'customer') throw forbiddenKey(description.arn)
      return description
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async generateDataKey(use: KeyEncryptUse): Promise<DataKey> {
    const key = this.#entropy.bytes(DATA_KEY_BYTES)
    return { ...(await this.#wrap(use, key)), key }
  }

  async wrapDataKey(use: KeyEncryptUse & { readonly dataKey: Uint8Array }): Promise<WrappedDataKey> {
    const { length } = use.dataKey
    if (length !== DATA_KEY_BYTES) throw new TypeError(`dataKey must have ${DATA_KEY_BYTES} bytes, not ${length}`)
    return this.#wrap(use, use.dataKey)
  }

  async unwrapDataKey({
    keyId,
    context,
    scope,
    wrapped,
  }: KeyUse & { readonly wrapped: Uint8Array }): Promise<Uint8Array> {
    try {
      const key = this.#keyring.usableKey(scope, keyId)
      const blob = Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength)
      return dataKeyOf(this.#keyring.decrypt(key, blob, { ...context }))
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async reviveServiceKey(keyArn: string, only?: { readonly onlyEnding: boolean }): Promise<boolean> {
    const name = parseKeyArn(keyArn)
    return name !== undefined && (await this.#revive(name, () => true, only))
  }

  /** The primary of replicas that are still there waits for the last of them to be destroyed; only then its own waiting period starts. */
  async retireServiceKey(keyArn: string): Promise<void> {
    const name = parseKeyArn(keyArn)
    if (!name) return
    try {
      if (this.#keyring.read(name).owner !== 'dedicated') return
      await this.#keyring.scheduleDeletion(name, RETIREMENT_DAYS)
    } catch (error) {
      // Already pending, or gone.
      if (isOneOf(error, 'KMSInvalidStateException', 'NotFoundException')) return
      throw this.#failure(error)
    }
  }

  async scanServiceKeys(after: string | undefined, limit: number): Promise<readonly ScannedKey[]> {
    return this.#keyring.dedicatedKeys(after, limit).map(({ arn, tags, createdAt }) => ({
      keyArn: arn,
      secretArn: secretArnOf({ tags }) ?? '',
      createdAt,
      position: arn,
    }))
  }

  /** @returns undefined where there is none and none can be made */
  async #relatedKey(source: KeyName, secretArn: string, { account, region }: KeyScope): Promise<string | undefined> {
    if (source.account !== account || source.region === region) return undefined
    const copy = { ...source, region }
    const isForCopy = (key: KeyRecord): boolean => secretArnOf(key) === secretArn
    try {
      if (await this.#revive(copy, isForCopy)) return keyArn(copy)
      const key = this.#keyring.read(source)
      if (key.owner !== 'dedicated' || !isSameSecret(secretArnOf(key), secretArn)) return undefined
      return (await this.#keyring.replicate(source, { region, tags: tagsFor(secretArn) })).arn
    } catch (error) {
      // Somebody has made it meanwhile.
      if (isOneOf(error, 'AlreadyExistsException'))
        return (await this.#revive(copy, isForCopy)) ? keyArn(copy) : undefined
      // A replica itself, on its way out, or gone.
      if (isOneOf(error, 'UnsupportedOperationException', 'KMSInvalidStateException', 'NotFoundException'))
        return undefined
      throw this.#failure(error)
    }
  }

  /** @returns false for a key that is gone, that is not the service's, or that `isMeant` does not mean */
  async #revive(
    name: KeyName,
    isMeant: (key: KeyRecord) => boolean,
    { onlyEnding }: { readonly onlyEnding: boolean } = { onlyEnding: false },
  ): Promise<boolean> {
    try {
      const key = this.#keyring.read(name)
      if (key.owner !== 'dedicated' || !isMeant(key)) return false
      const isLet = key.state === 'Enabled' || (onlyEnding && key.state === 'Disabled')
      if (!isLet) await this.#keyring.change(name, revived)
      return true
    } catch (error) {
      if (isOneOf(error, 'NotFoundException')) return false
      throw this.#failure(error)
    }
  }

  async #wrap({ keyId, owner, context, scope }: KeyEncryptUse, dataKey: Uint8Array): Promise<WrappedDataKey> {
    try {
      const key = this.#keyring.usableKey(scope, keyId)
      // SM-KMS-09
      if (owner === 'customer' && key.owner !== 'customer') throw forbiddenKey(key.arn)
      return { wrapped: await this.#keyring.encrypt(key, dataKey, { ...context }), keyArn: key.arn }
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /** What is not KMS's answer, such as a full disk, stays what it is. */
  #failure(error: unknown): unknown {
    if (!(error instanceof KmsFailure)) return error
    const { code, message } = error
    const kind = code === 'AccessDeniedException' ? 'denied' : 'unusable'
    return new KeyFailure({ kind, code, message, requestId: asUuid(this.#entropy.bytes(16).toString('hex')) })
  }
}

const tagsFor = (secretArn: string): KeyRecord['tags'] => [{ key: SECRET_TAG, value: secretArn }]

const secretArnOf = ({ tags }: Pick<KeyRecord, 'tags'>): string | undefined =>
  tags.find(({ key }) => key === SECRET_TAG)?.value

const isOneOf = (error: unknown, ...codes: readonly KmsFailure['code'][]): boolean =>
  error instanceof KmsFailure && codes.includes(error.code)

/** A blob that opens to something else was not made by GenerateDataKey or by us. */
function dataKeyOf(bytes: Buffer): Uint8Array {
  if (bytes.length !== DATA_KEY_BYTES) throw invalidCiphertext()
  return bytes
}
