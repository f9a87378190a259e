/**
 * Keys for copies of secrets: a replica of the key of the primary's Region where that is a dedicated one, so that this Region opens what that one has sealed without asking it; else a key of its own.
 * @module
 */
import { ReplicateKeyCommand, type KMSClient } from '@aws-sdk/client-kms'
import { isSameSecret } from '../../regionless-arn.ts'
import type { KeyPlace } from '../shared-key-registry.ts'
import { inRegion, placeOfMultiRegionKey } from './key-name.ts'
import { callingKms, isCode, isPendingDeletion } from './kms-failures.ts'
import { isDedicatedKey, secretArnIn } from './service-key-tags.ts'
import { tagsOf, type ServiceKeys } from './service-keys.ts'
import { whileSettling, type Pause } from './settling.ts'

/** A client of another Region's KMS; the same one each time. */
export type KmsIn = (region: string) => KMSClient

export interface ReplicaKeysOptions {
  readonly kmsIn: KmsIn
  readonly home: KeyPlace
  readonly deployment: string
  readonly serviceKeys: ServiceKeys
  readonly pause: Pause
}

export class ReplicaKeys {
  readonly #kmsIn: KmsIn
  readonly #home: KeyPlace
  readonly #deployment: string
  readonly #serviceKeys: ServiceKeys
  readonly #pause: Pause

  constructor({ kmsIn, home, deployment, serviceKeys, pause }: ReplicaKeysOptions) {
    this.#kmsIn = kmsIn
    this.#home = home
    this.#deployment = deployment
    this.#serviceKeys = serviceKeys
    this.#pause = pause
  }

  /**
   * @param sourceKeyArn that the primary's head names
   * @param secretArn of the copy
   * @returns the ARN of this Region's key that is related to the source; undefined where there is none and none can be made
   * @throws {KeyFailure} among others, when the source is disabled: the values under it can't be opened either
   */
  async relatedKey(sourceKeyArn: string, secretArn: string): Promise<string | undefined> {
    const source = placeOfMultiRegionKey(sourceKeyArn)
    if (source?.account !== this.#home.account || source.region === this.#home.region) return undefined
    const related = inRegion(sourceKeyArn, this.#home.region)
    if (await this.#serviceKeys.revive(related, { secretArn })) return related
    try {
      const kms = this.#kmsIn(source.region)
      // KMS of that Region may not know everywhere yet what it has just made.
      if (!(await whileSettling(this.#pause, () => this.#isKeyOf(kms, sourceKeyArn, secretArn)))) return undefined
      return await whileSettling(this.#pause, () => this.#replicate(kms, sourceKeyArn, secretArn))
    } catch (error) {
      // Somebody has made it since it was looked for.
      if (error instanceof Error && error.name === 'AlreadyExistsException')
        return (await this.#serviceKeys.revive(related, { secretArn, isNew: true })) ? related : undefined
      if (isNoPrimary(error)) return undefined
      throw error
    }
  }

  async #replicate(kms: KMSClient, sourceKeyArn: string, secretArn: string): Promise<string> {
    const command = new ReplicateKeyCommand({
      KeyId: sourceKeyArn,
      ReplicaRegion: this.#home.region,
      ...this.#serviceKeys.attributes(secretArn),
    })
    const { ReplicaKeyMetadata: key } = await callingKms(() => kms.send(command))
    const arn = this.#serviceKeys.adopt(key?.Arn)
    if (arn !== inRegion(sourceKeyArn, this.#home.region)) throw new Error('KMS answered for another key')
    await this.#serviceKeys.untilCreated(key)
    return arn
  }

  /** A key whose tags may not be read is a customer's: ServiceKeys.isServiceKey. */
  async #isKeyOf(kms: KMSClient, keyArn: string, secretArn: string): Promise<boolean> {
    try {
      const tags = await tagsOf(kms, keyArn)
      return isDedicatedKey(tags, this.#deployment) && isSameSecret(secretArnIn(tags), secretArn)
    } catch (error) {
      if (isCode(error, 'AccessDeniedException')) return false
      throw error
    }
  }
}

/** A replica itself, on its way out, or gone. */
const isNoPrimary = (error: unknown): boolean =>
  isCode(error, 'UnsupportedOperationException') || isCode(error, 'NotFoundException') || isPendingDeletion(error)
