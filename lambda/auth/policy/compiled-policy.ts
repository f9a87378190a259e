/**
 * Policies compiled once per text and kept: the same few are asked for again and again.
 * @module
 */
import { compilePolicy, unreadablePolicy } from './compile-policy.ts'
import { PolicyProblem, type Policy, type PolicyKind } from './policy.ts'

/** Of each of two generations: what was not asked for during a whole one is forgotten. */
const MAX_CHARACTERS = 16_000_000
/** What a policy takes beside its text. */
const OVERHEAD = 2_000

type Compiled = Policy | PolicyProblem

interface Generations {
  young: Map<string, Compiled>
  old: Map<string, Compiled>
  characters: number
}

const caches = new Map<PolicyKind, Generations>()

/** @throws {@link PolicyProblem} */
export function compiledPolicy(text: string, kind: PolicyKind): Policy {
  const compiled = compiledOf(text, kind)
  if (compiled instanceof PolicyProblem) throw compiled
  return compiled
}

/** For a policy that is in force: one that cannot be read denies everything. */
export function storedPolicy(text: string, kind: PolicyKind): Policy {
  const compiled = compiledOf(text, kind)
  return compiled instanceof PolicyProblem ? unreadablePolicy(kind, compiled) : compiled
}

function compiledOf(text: string, kind: PolicyKind): Compiled {
  let cache = caches.get(kind)
  if (cache === undefined) caches.set(kind, (cache = { young: new Map(), old: new Map(), characters: 0 }))
  const known = cache.young.get(text)
  if (known !== undefined) return known
  const compiled = cache.old.get(text) ?? attempt(text, kind)
  cache.characters += text.length + OVERHEAD
  if (cache.characters > MAX_CHARACTERS) {
    cache.old = cache.young
    cache.young = new Map()
    cache.characters = text.length + OVERHEAD
  }
  cache.young.set(text, compiled)
  return compiled
}

function attempt(text: string, kind: PolicyKind): Compiled {
  try {
    return compilePolicy(text, kind)
  } catch (problem) {
    if (problem instanceof PolicyProblem) return problem
    throw problem
  }
}
