/**
 * What decides who may use a customer's key: its policy, its tags and its kind. Asked of KMS and remembered for a minute, so that reading a secret again costs no more calls;
 * a change of a key's policy counts that much later.
 *
 * A key whose policy may not be read is denied: nobody here could tell who may use it. Tags that may not be read are unseen, and conditions on them are unknown. Aliases
 * are not asked for: kms:ListAliases has no resource to be granted on.
 * @module
 */
import { DescribeKeyCommand, GetKeyPolicyCommand, type KeyMetadata, type KMSClient } from '@aws-sdk/client-kms'
import type { Clock } from '../../../core/ports/clock.ts'
import type { KeyDescription } from '../../../core/ports/key-service.ts'
import type { KeyPlace } from '../shared-key-registry.ts'
import { BoundedMap } from './bounded-map.ts'
import { isHomeKeyArn } from './key-name.ts'
import { callingKms, serviceKeyNamed } from './kms-failures.ts'
import type { ServiceKeys } from './service-keys.ts'
import { isServiceKey, type Tags } from './service-key-tags.ts'

const KEPT_MS = 60_000
const REMEMBERED_KEYS = 1000

export interface KeyDescriptionsOptions {
  readonly kms: KMSClient
  readonly home: KeyPlace
  readonly serviceKeys: ServiceKeys
  readonly clock: Clock
}

interface Remembered {
  readonly at: number
  /** Or the question that is under way. */
  readonly description: Promise<KeyDescription>
}

export class KeyDescriptions {
  readonly #kms: KMSClient
  readonly #home: KeyPlace
  readonly #serviceKeys: ServiceKeys
  readonly #clock: Clock
  /** By KeyId as it was written: an alias may come to mean another key. */
  readonly #known = new BoundedMap<string, Remembered>(REMEMBERED_KEYS)

  constructor({ kms, home, serviceKeys, clock }: KeyDescriptionsOptions) {
    this.#kms = kms
    this.#home = home
    this.#serviceKeys = serviceKeys
    this.#clock = clock
  }

  /** @param keyId that names a key of this account and Region: key-name.ts @throws {KeyFailure} */
  async of(keyId: string): Promise<KeyDescription> {
    const now = this.#clock.now()
    const known = this.#known.get(keyId)
    if (known !== undefined && now >= known.at && now - known.at < KEPT_MS) return known.description
    const asked = { at: now, description: this.#ask(keyId) }
    this.#known.set(keyId, asked)
    try {
      return await asked.description
    } catch (error) {
      // A failure is not remembered: the next caller asks again.
      if (this.#known.get(keyId) === asked) this.#known.delete(keyId)
      throw error
    }
  }

  async #ask(keyId: string): Promise<KeyDescription> {
    const described = await callingKms(() => this.#kms.send(new DescribeKeyCommand({ KeyId: keyId })))
    const { KeyMetadata: key = {} as Partial<KeyMetadata> } = described
    const { Arn: arn } = key
    if (arn === undefined || !isHomeKeyArn(arn, this.#home) || (keyId.includes(':key/') && keyId !== arn))
      throw new Error('KMS answered for another key')
    const [tags, policy] = await Promise.all([this.#serviceKeys.tagsIfAllowed(arn), this.#policyOf(arn)])
    if (tags !== undefined && isServiceKey(tags)) throw serviceKeyNamed(arn)
    const type = key.MultiRegionConfiguration?.MultiRegionKeyType
    return {
      arn,
      ...this.#home,
      policy,
      tags: tags && listOf(tags),
      aliases: undefined,
      keySpec: key.KeySpec,
      keyUsage: key.KeyUsage,
      origin: key.Origin,
      ...(type !== undefined && { multiRegionType: type }),
    }
  }

  async #policyOf(keyArn: string): Promise<string> {
    const command = new GetKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default' })
    const { Policy: policy } = await callingKms(() => this.#kms.send(command))
    if (policy === undefined) throw new Error('KMS answered without a key policy')
    return policy
  }
}

const listOf = (tags: Tags): KeyDescription['tags'] => [...tags].map(([key, value]) => ({ key, value }))
