/**
 * Whether the caller of one operation may do it, as KMS decides: by the key's policy, which may leave it to the identity policies of the key's account, and by identity policies alone
 * where there is no key.
 * @module
 */
import type { KeyPlace } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import { forbiddenKey, KmsFailure } from '../../lambda/adapters/embedded/keyring/kms-failure.ts'
import type { Authorizer } from '../../lambda/auth/authorizer.ts'
import { keysOf, tagKeys, UNKNOWN, type KeyLayer, type KeyValue } from '../../lambda/auth/condition-context.ts'
import { isAllowed, type Decision } from '../../lambda/auth/decision.ts'
import type { IdentityDirectory } from '../../lambda/auth/identity.ts'
import { accessDenied } from '../../lambda/core/domain/errors.ts'
import { keyAsNamed, keyPolicyOf } from '../../lambda/core/key-access.ts'
import {
  conditionsOfContext,
  conditionsOfKey,
  conditionsOfName,
  conditionsOfRequestTags,
  restOfKmsConditions,
} from '../../lambda/core/key-conditions.ts'
import type { KeyDescription } from '../../lambda/core/ports/key-service.ts'
import type { WireRequest } from '../../lambda/protocol/wire.ts'
import { tagsIn } from './key-metadata.ts'
import type { OperationName, Tag } from './model/kms.types.generated.ts'

export interface CallAccessOptions {
  readonly authorizer: Authorizer
  readonly request: Pick<WireRequest, 'principal' | 'origin' | 'region'>
  readonly operation: OperationName
  readonly input: object
  /** Epoch milliseconds of the domain's clock. */
  readonly now: number
}

export interface Asked {
  /** Without its `kms:`; the operation's own name by default. */
  readonly action?: string
  /** Condition keys of this use alone. */
  readonly conditions?: Readonly<Record<string, KeyValue>>
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined
}

interface AccountQuestion {
  readonly resource?: string
  /** Another than the one that is called. */
  readonly region?: string
}

interface Question extends Asked {
  readonly resource: string
  readonly account: string
  /** By default that of the key, or the one that is called. */
  readonly region?: string
  readonly key?: KeyDescription
  readonly layers?: readonly KeyLayer[]
}

export class CallAccess {
  readonly #options: CallAccessOptions
  readonly #place: KeyPlace

  constructor(options: CallAccessOptions) {
    const { principal, region } = options.request
    this.#options = options
    this.#place = { account: principal.account, region }
  }

  get operation(): OperationName {
    return this.#options.operation
  }

  get directory(): IdentityDirectory {
    return this.#options.authorizer.directory
  }

  /** What no key decides: identity policies alone. @param resource an ARN; by default the action has no resource type @throws {ServiceError} */
  async toAccount({ resource = '*', ...asked }: Asked & AccountQuestion = {}): Promise<void> {
    const question = { ...asked, resource, account: this.#place.account, layers: [withoutTags] }
    const decision = await this.#decide(question)
    if (!isAllowed(decision)) throw this.#refusal(question, decision, resource)
  }

  /** @param named as the caller named it @throws {ServiceError} @throws {KmsFailure} */
  async toKey(key: KeyDescription, named: string, asked: Asked = {}): Promise<void> {
    const question = { ...asked, resource: key.arn, account: key.account, key, layers: [conditionsOfName(named)] }
    const decision = await this.#decide(question)
    if (isAllowed(decision)) return
    // In another account a key that is not there is refused in these words: a caller must not be able to tell the two apart.
    throw key.account === this.#place.account ? this.#refusal(question, decision, key.arn) : forbiddenKey(named)
  }

  async allows(key: KeyDescription, asked: Asked): Promise<boolean> {
    return isAllowed(await this.#decide({ ...asked, resource: key.arn, account: key.account, key }))
  }

  /** What to answer to a caller who named a key that can't be found: only those who might use it hear so. */
  async afterFailedLookUp(named: string, asked: Asked, error: unknown): Promise<unknown> {
    if (!(error instanceof KmsFailure) || error.code === 'AccessDeniedException') return error
    const question = {
      ...asked,
      ...keyAsNamed(named, this.#place),
      // Of a key that is not there nothing is known: its conditions are unknown, not absent.
      layers: [conditionsOfName(named), unknownKey],
    }
    const decision = await this.#decide(question)
    return isAllowed(decision) ? error : this.#refusal(question, decision, question.resource)
  }

  #decide({ action, resource, account, region, key, conditions = {}, encryptionContext = {}, layers = [] }: Question) {
    const { authorizer, request, operation, input, now } = this.#options
    const { principal, origin } = request
    return authorizer.decide({
      principal,
      origin,
      action: `kms:${action ?? operation}`,
      resource,
      account,
      region: region ?? key?.region ?? request.region,
      ...(key !== undefined && { rule: 'resource', resourcePolicy: keyPolicyOf(key) }),
      keys: [
        keysOf({ 'kms:CallerAccount': principal.account, ...conditions }),
        conditionsOfContext(encryptionContext),
        requestTags(input),
        ...layers,
        ...(key === undefined ? [] : [conditionsOfKey(key)]),
        restOfKmsConditions,
      ],
      now,
    })
  }

  #refusal({ action }: Asked, decision: Decision, shown: string): Error {
    const { request, operation } = this.#options
    return accessDenied({
      principal: request.principal.arn,
      action: `kms:${action ?? operation}`,
      decision,
      shown,
    })
  }
}

function requestTags(input: object): KeyLayer {
  const tags = 'Tags' in input ? tagsIn(input.Tags as readonly Tag[]) : []
  const removed = 'TagKeys' in input ? (input.TagKeys as readonly string[]) : []
  return conditionsOfRequestTags(tags, [...tags.map(({ key }) => key), ...removed])
}

/** Aliases have no tags, and a new key has none yet. */
const withoutTags = tagKeys('aws:resourcetag/', [])

const unknownKey: KeyLayer = keysOf(
  Object.fromEntries(
    ['KeySpec', 'KeyUsage', 'KeyOrigin', 'MultiRegion', 'MultiRegionKeyType', 'ResourceAliases'].map((name) => [
      `kms:${name}`,
      UNKNOWN,
    ]),
  ),
)
