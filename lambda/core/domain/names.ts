/**
 * Secret names and ARNs: syntax, and what a SecretId may mean (behaviour section 2).
 * @module
 */
import { invalidName, misshapenArn } from './errors.ts'
import type { SecretHead, SecretKey } from './secret.ts'

const NAME = /^[A-Za-z0-9\-/_+=.@!]+$/
/** The end of a full ARN: a hyphen and six letters or digits. A name that ends so can't be found by partial ARN (SM-NAME-05). */
const ENDS_IN_SUFFIX = /-[A-Za-z0-9]{6}$/
const SUFFIX_LENGTH = 6

/** Where to look, and which incarnation: without a suffix any secret of that name will do. */
export interface SecretReference {
  readonly key: SecretKey
  readonly suffix?: string
  /** The SecretId as the caller gave it. */
  readonly given: string
}

/** SM-NAME-01 @throws {ServiceError} ValidationException */
export function checkName(name: string): void {
  if (!NAME.test(name)) throw invalidName()
}

/**
 * SM-NAME-02..06: a name, a full ARN or a partial ARN.
 * @param home the caller's account and the endpoint's Region
 * @throws {ServiceError} ValidationException for a name with other characters; ResourceNotFoundException for an ARN of another kind or Region
 */
export function parseSecretId(given: string, home: { account: string; region: string }): SecretReference {
  if (!given.startsWith('arn:')) {
    checkName(given)
    return { key: { account: home.account, region: home.region, name: given }, given }
  }
  const reference = referenceOf(given)
  if (reference.key.region !== home.region) throw misshapenArn()
  return reference
}

/** As {@link parseSecretId}, but the ARN of a secret in another Region means the one in this: copies differ in nothing else. @throws {ServiceError} */
export function parseSecretIdOfAnyRegion(given: string, home: { account: string; region: string }): SecretReference {
  if (!given.startsWith('arn:')) return parseSecretId(given, home)
  const { key, ...reference } = referenceOf(given)
  return { ...reference, key: { ...key, region: home.region } }
}

/**
 * Takes an ARN of a secret apart, wherever it is.
 * @throws {ServiceError} ResourceNotFoundException for an ARN of another kind
 */
export function referenceOf(arn: string): SecretReference {
  const [, partition, service, region = '', account, kind, ...rest] = arn.split(':')
  const tail = rest.join(':')
  const isOurs = service === 'secretsmanager' && kind === 'secret' && partition === partitionOf(region)
  if (!isOurs || !account || tail === '') throw misshapenArn()
  if (!ENDS_IN_SUFFIX.test(tail)) return { key: { account, region, name: tail }, given: arn }
  const cut = tail.length - SUFFIX_LENGTH
  return { key: { account, region, name: tail.slice(0, cut - 1) }, suffix: tail.slice(cut), given: arn }
}

export function arnOf({ key, suffix }: Pick<SecretHead, 'key' | 'suffix'>): string {
  return `${arnOfName(key)}-${suffix}`
}

/** The ARN to authorize on when there is no such secret: the caller learns nothing but what they said (behaviour 1.1). */
export function arnAsGiven(reference: SecretReference): string {
  return reference.given.startsWith('arn:') ? reference.given : arnOfName(reference.key)
}

function arnOfName({ account, region, name }: SecretKey): string {
  return `arn:${partitionOf(region)}:secretsmanager:${region}:${account}:secret:${name}`
}

const partitions = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-isob-', 'aws-iso-b'],
  ['us-isof-', 'aws-iso-f'],
  ['us-iso-', 'aws-iso'],
  ['eu-isoe-', 'aws-iso-e'],
  ['eusc-', 'aws-eusc'],
] as const

export function partitionOf(region: string): string {
  return partitions.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws'
}
