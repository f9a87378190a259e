/**
 * The keys that the service makes: creating them, knowing them again, and ending them.
 * @module
 */
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  ListResourceTagsCommand,
  ScheduleKeyDeletionCommand,
  type KeyMetadata,
  type KMSClient,
} from '@aws-sdk/client-kms'
import type { Clock } from '../../../core/ports/clock.ts'
import type { KeyPlace } from '../shared-key-registry.ts'
import { BoundedMap } from './bounded-map.ts'
import { callingKms, isCode, isPendingDeletion } from './kms-failures.ts'
import { serviceKeyPolicy } from './service-key-policy.ts'
import { isDedicatedKey, isServiceKey, secretArnIn, serviceKeyTags, type Tags } from './service-key-tags.ts'
import { whileCreating, whileSettling, type Pause } from './settling.ts'

/** KMS's shortest waiting period: the secret had its own recovery window already. */
const RETIREMENT_DAYS = 7
/** KMS's maximum of tags on a key, so there is one page. */
const MAX_TAGS = 50
const REMEMBERED_KEYS = 1000
const DESCRIPTION = 'Coffer: '

export interface ServiceKeysOptions {
  readonly kms: KMSClient
  readonly home: KeyPlace
  readonly deployment: string
  readonly clock: Clock
  readonly pause: Pause
}

interface Only {
  /** Made for this secret. */
  readonly secretArn?: string
  /** One that is on its way out; one that is disabled stays so. */
  readonly onlyEnding?: boolean
}

export class ServiceKeys {
  readonly #kms: KMSClient
  readonly #home: KeyPlace
  readonly #deployment: string
  readonly #clock: Clock
  readonly #pause: Pause
  /** By ARN: whether the service made it. That never changes. */
  readonly #known = new BoundedMap<string, boolean>(REMEMBERED_KEYS)
  readonly #made = new BoundedMap<string, true>(REMEMBERED_KEYS)

  constructor({ kms, home, deployment, clock, pause }: ServiceKeysOptions) {
    this.#kms = kms
    this.#home = home
    this.#deployment = deployment
    this.#clock = clock
    this.#pause = pause
  }

  /**
   * Always multi-Region: that can't be added later (design 4).
   *
   * The lockout safety check is bypassed because it asks whether *this caller* may change the policy later, by its IAM policies too. The functions' roles may
   * not, on purpose; the account may, by the policy's first statement, so the key is never unmanageable.
   * @param secretArn of a dedicated key; a shared key has none
   * @returns its ARN
   */
  async create(secretArn?: string): Promise<string> {
    const command = new CreateKeyCommand({ MultiRegion: true, ...this.attributes(secretArn) })
    const { KeyMetadata: { Arn: arn } = {} } = await callingKms(() => this.#kms.send(command))
    return this.adopt(arn)
  }

  /** What each key is given that the service makes, multi-Region replicas too. */
  attributes(secretArn?: string) {
    const named = { deployment: this.#deployment, secretArn }
    return {
      Description: DESCRIPTION + (secretArn ?? `shared key of ${this.#deployment}`),
      Policy: JSON.stringify(serviceKeyPolicy({ ...named, home: this.#home })),
      BypassPolicyLockoutSafetyCheck: true,
      Tags: serviceKeyTags({ ...named, createdAt: this.#clock.now() }),
    }
  }

  /** Waits for a replica key that KMS is still making. @param made as KMS has just described it */
  async untilCreated(made: KeyMetadata | undefined): Promise<void> {
    const arn = made?.Arn
    if (arn === undefined || made?.KeyState !== 'Creating') return
    await whileCreating(this.#pause, async () => {
      try {
        return (await this.#describe(arn))?.KeyState !== 'Creating'
      } catch (error) {
        // Not known everywhere yet.
        if (isCode(error, 'NotFoundException')) return false
        throw error
      }
    })
  }

  /** Remembers a key that was made a moment ago. @returns its ARN */
  adopt(arn: string | undefined): string {
    if (arn === undefined) throw new Error('KMS made a key and did not name it')
    this.#known.set(arn, true)
    this.#made.set(arn, true)
    return arn
  }

  /** Whether this instance made it: KMS may not know it everywhere yet. */
  isOwnMake(keyId: string): boolean {
    return this.#made.get(keyId) === true
  }

  /**
   * By its tags, asked for once and remembered. A key whose tags we may not read is a customer's: the policy of a service key always lets the account's IAM
   * allow kms:ListResourceTags, and our roles are; a customer's key policy may well be stricter, and must not lose them their secrets.
   */
  async isServiceKey(keyArn: string): Promise<boolean> {
    const known = this.#known.get(keyArn)
    if (known !== undefined) return known
    const tags = await this.tagsIfAllowed(keyArn)
    return tags !== undefined && isServiceKey(tags)
  }

  /** @returns undefined where they may not be read */
  async tagsIfAllowed(keyArn: string): Promise<Tags | undefined> {
    const tags = await this.#readableTags(keyArn)
    this.#known.set(keyArn, tags !== undefined && isServiceKey(tags))
    return tags
  }

  /**
   * A no-op unless the key is a dedicated one of this deployment, and when it is on its way out already.
   *
   * A multi-Region primary whose replicas are still there becomes PendingReplicaDeletion: it can't be used from then on, and its own waiting period starts when the last replica is gone. So a secret that had copies is
   * shredded a week after the last of their keys.
   */
  async retire(keyArn: string): Promise<void> {
    try {
      // A denial is thrown here: it would leave a key behind, which the purge that asks must not take for done.
      const tags = await this.#settled(keyArn, () => this.#tags(keyArn))
      if (isDedicatedKey(tags, this.#deployment)) await this.discard(keyArn)
    } catch (error) {
      if (!isCode(error, 'NotFoundException')) throw error
    }
  }

  /** Schedules the deletion of a key that is known to be this deployment's own and in nobody's use. */
  async discard(keyArn: string): Promise<void> {
    const command = new ScheduleKeyDeletionCommand({ KeyId: keyArn, PendingWindowInDays: RETIREMENT_DAYS })
    try {
      await this.#settled(keyArn, () => callingKms(() => this.#kms.send(command)))
    } catch (error) {
      if (!isPendingDeletion(error)) throw error
    }
  }

  /**
   * Takes a dedicated key of this deployment back from its deletion and enables it.
   * @param only.secretArn when it must be the key of this secret
   * @param only.isNew somebody has just made it: worth a short wait
   * @returns false when it is gone, or not such a key
   */
  async revive(keyArn: string, only: Only & { readonly isNew?: boolean } = {}): Promise<boolean> {
    const call = () => this.#revive(keyArn, only)
    try {
      return await (only.isNew === true ? whileSettling(this.#pause, call) : call())
    } catch (error) {
      if (isCode(error, 'NotFoundException')) return false
      throw error
    }
  }

  /** @returns epoch milliseconds of its creation; undefined for a key that is pending deletion or gone, or only looks like one of ours */
  async lifeOf(keyArn: string): Promise<number | undefined> {
    try {
      const key = await this.#describe(keyArn)
      return isEnding(key) || !isOurMake(key) ? undefined : key?.CreationDate?.getTime()
    } catch (error) {
      if (isCode(error, 'NotFoundException')) return undefined
      throw error
    }
  }

  async #revive(keyArn: string, { secretArn, onlyEnding }: Only): Promise<boolean> {
    const key = await this.#describe(keyArn)
    if (!isOurMake(key)) return false
    const tags = await this.tagsIfAllowed(keyArn)
    if (tags === undefined || !isDedicatedKey(tags, this.#deployment)) return false
    if (secretArn !== undefined && secretArnIn(tags) !== secretArn) return false
    if (isEnding(key)) await callingKms(() => this.#kms.send(new CancelKeyDeletionCommand({ KeyId: keyArn })))
    // A cancelled deletion leaves a key disabled.
    if (isEnding(key) || (key?.KeyState === 'Disabled' && onlyEnding !== true)) await this.#enable(keyArn)
    this.adopt(keyArn)
    await this.untilCreated(key)
    return true
  }

  /** It was pending deletion a moment ago, and may still be for other hosts of KMS. */
  async #enable(keyArn: string): Promise<void> {
    const command = new EnableKeyCommand({ KeyId: keyArn })
    const call = () => callingKms(() => this.#kms.send(command))
    await whileSettling(this.#pause, call, (error) => isCode(error, 'KMSInvalidStateException'))
  }

  async #describe(keyArn: string): Promise<KeyMetadata | undefined> {
    const { KeyMetadata: key } = await callingKms(() => this.#kms.send(new DescribeKeyCommand({ KeyId: keyArn })))
    return key
  }

  async #readableTags(keyArn: string): Promise<Tags | undefined> {
    try {
      return await this.#tags(keyArn)
    } catch (error) {
      if (isCode(error, 'AccessDeniedException')) return undefined
      throw error
    }
  }

  #tags(keyArn: string): Promise<Tags> {
    return tagsOf(this.#kms, keyArn)
  }

  #settled<T>(keyArn: string, call: () => Promise<T>): Promise<T> {
    return this.isOwnMake(keyArn) ? whileSettling(this.#pause, call) : call()
  }
}

/** @throws {KeyFailure} */
export async function tagsOf(kms: KMSClient, keyArn: string): Promise<Tags> {
  const command = new ListResourceTagsCommand({ KeyId: keyArn, Limit: MAX_TAGS })
  const { Tags: tags = [] } = await callingKms(() => kms.send(command))
  return new Map(tags.map(({ TagKey = '', TagValue = '' }) => [TagKey, TagValue]))
}

const isEnding = (key: KeyMetadata | undefined): boolean =>
  key?.KeyState === 'PendingDeletion' || key?.KeyState === 'PendingReplicaDeletion'

/** Whoever may tag a customer's key must not get it deleted by that, or taken for ours: its description they can't make for themselves with the same right. */
const isOurMake = (key: KeyMetadata | undefined): boolean => key?.Description?.startsWith(DESCRIPTION) ?? false
