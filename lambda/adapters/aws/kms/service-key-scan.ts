/**
 * The walk over the dedicated keys of a deployment, page by page.
 *
 * The tagging API goes on listing a key that is pending deletion and, for a while, one that is gone, and it tells neither apart. So each candidate is described:
 * for 100,000 keys that is 100,000 DescribeKey a day, about $0.30 and, ten at a time, a few minutes, beside keys that cost $100,000 a month.
 * @module
 */
import type { ScannedKey } from '../../../core/ports/key-service.ts'
import { secretArnIn, type Tags } from './service-key-tags.ts'

/** One page of keys by tag. `token` is the `next` of the page before; `expired` when it is too old to go on from. */
export type FindKeys = (token: string | undefined) => Promise<TaggedPage | 'expired'>

export interface TaggedPage {
  readonly keys: readonly TaggedKey[]
  /** Undefined on the last page. A page without keys may well have a next one. */
  readonly next: string | undefined
}

export interface TaggedKey {
  readonly arn: string
  readonly tags: Tags
}

/** @returns epoch milliseconds of its creation; undefined for a key that is pending deletion or gone */
export type LifeOf = (keyArn: string) => Promise<number | undefined>

const DESCRIBED_AT_ONCE = 10
const END = 'end'

/**
 * @param after a `position`, or undefined for the start
 * @returns up to `limit` keys of one page; none only at the end
 */
export async function scanDedicatedKeys(
  { findKeys, lifeOf }: { readonly findKeys: FindKeys; readonly lifeOf: LifeOf },
  after: string | undefined,
  limit: number,
): Promise<readonly ScannedKey[]> {
  let position = parsePosition(after)
  while (position) {
    const { token, skip }: Position = position
    const page = await findKeys(token)
    if (page === 'expired') {
      // From the start again: the keys that were seen to are retired by now, or still named by their heads.
      position = { token: undefined, skip: 0 }
      continue
    }
    const wanted = page.keys.slice(skip, skip + limit)
    const rest = nextPosition({ token, skip: skip + wanted.length }, page)
    const keys = await livingKeys(wanted, lifeOf)
    if (keys.length > 0)
      return keys.map(({ index, ...key }, at) => {
        const isLast = at === keys.length - 1
        return { ...key, position: format(isLast ? rest : nextPosition({ token, skip: skip + index + 1 }, page)) }
      })
    position = rest
  }
  return []
}

type Found = Omit<ScannedKey, 'position'> & { readonly index: number }

async function livingKeys(candidates: readonly TaggedKey[], lifeOf: LifeOf): Promise<Found[]> {
  const found: Found[] = []
  for (let at = 0; at < candidates.length; at += DESCRIBED_AT_ONCE) {
    const some = candidates.slice(at, at + DESCRIBED_AT_ONCE)
    const described = await Promise.all(
      some.map(async ({ arn, tags }, offset) => {
        const secretArn = secretArnIn(tags)
        // Tags that name no secret were changed by somebody: such a key is left alone.
        const createdAt = secretArn === undefined ? undefined : await lifeOf(arn)
        if (secretArn === undefined || createdAt === undefined) return []
        return [{ keyArn: arn, secretArn, createdAt, index: at + offset }]
      }),
    )
    found.push(...described.flat())
  }
  return found
}

/** A page, and how many of its keys are done with. As text: `<skip>:<token>`, or `end`. */
interface Position {
  readonly token: string | undefined
  readonly skip: number
}

function nextPosition({ token, skip }: Position, { keys, next }: TaggedPage): Position | undefined {
  if (skip < keys.length) return { token, skip }
  return next === undefined ? undefined : { token: next, skip: 0 }
}

const format = (position: Position | undefined): string =>
  position === undefined ? END : `${position.skip}:${position.token ?? ''}`

function parsePosition(text: string | undefined): Position | undefined {
  if (text === END) return undefined
  const [, skip = '0', token = ''] = /^(\d+):(.*)$/s.exec(text ?? '') ?? []
  return { token: token === '' ? undefined : token, skip: Number(skip) }
}
