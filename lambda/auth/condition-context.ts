/**
 * What is known of a request, by condition key. A key has a value, is absent, or is unknown: this place cannot see it. Unknown is not absent: a condition on it is neither true nor
 * false, and so no Allow counts on it and every Deny does (design section 5).
 * @module
 */

/** The key may or may not have a value; nobody here can tell. */
export const UNKNOWN = Symbol('unknown')
/** The operator of the deployment declared that API Gateway has enforced this key's condition already: it counts as met. */
export const SATISFIED = Symbol('satisfied')
/** A layer's word for keys that it is not about. */
export const NOT_HERE = Symbol('not here')

/** Undefined: absent. A list: a key of many values, which may be empty. */
export type KeyValue = string | readonly string[] | undefined | typeof UNKNOWN | typeof SATISFIED

export interface ConditionContext {
  /** @param key in lower case */
  valueOf(key: string): KeyValue
}

/** Answers for some keys and leaves the others to the next layer. */
export type KeyLayer = (key: string) => KeyValue | typeof NOT_HERE

/** Layers asked in order; what none of them knows of is unknown. */
export function contextOf(...layers: readonly KeyLayer[]): ConditionContext {
  return {
    valueOf(key) {
      for (const layer of layers) {
        const value = layer(key)
        if (value !== NOT_HERE) return value
      }
      return UNKNOWN
    },
  }
}

/** A layer of a few keys, whose names may be in any case. A member that is undefined is an absent key. */
export function keysOf(entries: Readonly<Record<string, KeyValue>>): KeyLayer {
  const values = new Map<string, KeyValue>(Object.entries(entries).map(([key, value]) => [key.toLowerCase(), value]))
  return (key): KeyValue | typeof NOT_HERE => (values.has(key) ? values.get(key) : NOT_HERE)
}

interface Tag {
  readonly key: string
  readonly value: string
}

/**
 * `<prefix><tag key>`, a key for each tag.
 * @param prefix in lower case, such as `aws:resourcetag/`
 */
export function tagKeys(prefix: string, tags: readonly Tag[]): KeyLayer {
  return (key) => (key.startsWith(prefix) ? tagValue(tags, key.slice(prefix.length)) : NOT_HERE)
}

/**
 * Condition keys are not told apart by case: tags whose keys differ in case alone have no certain value, unless it is the same. Nor has one whose key is the same only by what Unicode takes for
 * lower case (the Kelvin sign for a k): whoever may not put one spelling must not get there by another.
 * @param name in lower case
 */
export function tagValue(tags: readonly Tag[], name: string): KeyValue {
  let found: string | undefined
  for (const { key, value } of tags) {
    if (key.toLowerCase() !== name) continue
    if (lowerAscii(key) !== name || (found !== undefined && found !== value)) return UNKNOWN
    found = value
  }
  return found
}

const lowerAscii = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
