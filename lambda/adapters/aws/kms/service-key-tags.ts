/**
 * Tags tell the service's keys from customers' and one deployment's from another's. All of them start with `coffer:`.
 *
 * | tag | on | value |
 * |---|---|---|
 * | `coffer:deployment` | every key that the service made | the deployment's prefix |
 * | `coffer:secret-arn` (`:2`, `:3`) | dedicated keys | the secret's ARN |
 * | `coffer:shared` | the shared key | `true` |
 * | `coffer:created-at` | every key that the service made | ISO 8601, for people |
 *
 * A tag's value has at most 256 characters of a small alphabet (letters, digits, space and `_.:/=+-@`), but a secret's ARN can have 570 and a name may have `!`. So
 * a long ARN goes on in the next tags, and `!` is written as `:`, which no name has.
 * @module
 */
export const DEPLOYMENT_TAG = 'coffer:deployment'
export const SECRET_TAG = 'coffer:secret-arn'
const SHARED_TAG = 'coffer:shared'
const CREATED_TAG = 'coffer:created-at'
const VALUE_LIMIT = 256

export type Tags = ReadonlyMap<string, string>

interface WireTag {
  readonly TagKey: string
  readonly TagValue: string
}

/** @param secretArn of a dedicated key; a shared key has none */
export function serviceKeyTags(request: {
  readonly deployment: string
  readonly secretArn?: string | undefined
  /** Epoch milliseconds. */
  readonly createdAt: number
}): WireTag[] {
  const { deployment, secretArn, createdAt } = request
  return [
    tag(DEPLOYMENT_TAG, deployment),
    ...(secretArn === undefined ? [tag(SHARED_TAG, 'true')] : secretTags(secretArn)),
    tag(CREATED_TAG, new Date(createdAt).toISOString()),
  ]
}

export const isServiceKey = (tags: Tags): boolean => tags.has(DEPLOYMENT_TAG)

/** Of this deployment: another one in the same account has its own sweeper and its own table. */
export const isDedicatedKey = (tags: Tags, deployment: string): boolean =>
  tags.get(DEPLOYMENT_TAG) === deployment && tags.has(SECRET_TAG)

/** @returns undefined when the tags hold no ARN of a secret: somebody changed them */
export function secretArnIn(tags: Tags): string | undefined {
  const parts: string[] = []
  for (let part = tags.get(SECRET_TAG); part !== undefined; part = tags.get(partName(parts.length))) parts.push(part)
  const [, prefix, name] = /^((?:[^:]*:){6})(.*)$/.exec(parts.join('')) ?? []
  if (prefix === undefined || name === undefined) return undefined
  const arn = prefix + name.replaceAll(':', '!')
  return /^arn:[^:]+:secretsmanager:[^:]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/.test(arn) ? arn : undefined
}

function secretTags(secretArn: string): WireTag[] {
  const text = secretArn.replaceAll('!', ':')
  const parts: WireTag[] = []
  for (let at = 0; at < text.length; at += VALUE_LIMIT)
    parts.push(tag(partName(parts.length), text.slice(at, at + VALUE_LIMIT)))
  return parts
}

const partName = (index: number): string => (index === 0 ? SECRET_TAG : `${SECRET_TAG}:${index + 1}`)

const tag = (TagKey: string, TagValue: string): WireTag => ({ TagKey, TagValue })
