/**
 * Clients that write without pause and remember what was acknowledged, for tests that stop the server under them. Each has secrets of its own, and one write
 * under way at most: afterwards every secret must be as acknowledged, or as after the one write whose answer never came.
 * @module
 */
import { randomUUID } from 'node:crypto'
import { Refusal, type Json, type WireClient } from '../support/wire-client.ts'

/** All that a caller can see of one secret. */
interface SecretState {
  /** Version id -> its value. */
  readonly versions: ReadonlyMap<string, string>
  /** Staging label -> version id. */
  readonly labels: ReadonlyMap<string, string>
  readonly description: string
  readonly isDeleted: boolean
}

interface Doubt {
  readonly name: string
  readonly after: SecretState
}

type Random = () => number

/** Larger than what a head keeps inline, too. */
const SIZES = [20, 200, 3_000, 20_000]
const MAX_VERSIONS = 16
const MAX_SECRETS = 8

export class Writer {
  readonly #prefix: string
  readonly #random: Random
  readonly #onAcknowledged: () => void
  readonly #secrets = new Map<string, SecretState>()
  /** Secrets written since they were last checked. */
  readonly #touched = new Set<string>()
  #made = 0
  #doubt: Doubt | undefined

  constructor(prefix: string, random: Random, onAcknowledged: () => void) {
    this.#prefix = prefix
    this.#random = random
    this.#onAcknowledged = onAcknowledged
  }

  /** Writes until there is no answer any more. @throws what a running server should not have answered */
  async run(client: WireClient): Promise<void> {
    for (;;) {
      const [operation, input, doubt] = this.#next()
      this.#doubt = doubt
      this.#touched.add(doubt.name)
      try {
        await client.call(operation, input)
      } catch (error) {
        if (error instanceof Refusal) throw error
        return
      }
      this.#secrets.set(doubt.name, doubt.after)
      this.#doubt = undefined
      this.#onAcknowledged()
    }
  }

  /** Compares with what the server has now, which then counts as acknowledged. @returns the differences, in words */
  async check(client: WireClient, { all = false } = {}): Promise<string[]> {
    const problems: string[] = []
    for (const name of all ? this.#secrets.keys() : this.#touched) {
      const expected = [this.#secrets.get(name), ...(this.#doubt?.name === name ? [this.#doubt.after] : [])]
      const found = await observe(client, name)
      if (!expected.some((state) => textOf(state) === textOf(found)))
        problems.push(`${name}: found ${textOf(found)}, expected ${expected.map(textOf).join(' or ')}`)
      if (found === undefined) this.#secrets.delete(name)
      else this.#secrets.set(name, found.isDeleted ? withValues(found, expected) : found)
    }
    this.#touched.clear()
    this.#doubt = undefined
    return problems
  }

  /** Values of secrets that are scheduled for deletion cannot be read: restores them first. */
  async restoreAll(client: WireClient): Promise<void> {
    for (const [name, state] of this.#secrets) {
      if (!state.isDeleted) continue
      await client.call('RestoreSecret', { SecretId: name })
      this.#secrets.set(name, { ...state, isDeleted: false })
    }
  }

  get names(): readonly string[] {
    return [...this.#secrets.keys()]
  }

  #next(): [operation: string, input: Json, doubt: Doubt] {
    const names = this.names
    const name = this.#pick(names)
    if (name === undefined || (names.length < MAX_SECRETS && this.#random() < 0.15)) return this.#create()
    const state = this.#secrets.get(name)!
    if (state.isDeleted) return this.#change('RestoreSecret', name, {}, { ...state, isDeleted: false })
    const dice = this.#random()
    if (dice < 0.1) return this.#change('DeleteSecret', name, {}, { ...state, isDeleted: true })
    if (dice < 0.25) return this.#describeAnew(name, state)
    if (dice < 0.4 && state.labels.has('AWSPREVIOUS')) return this.#rollBack(name, state)
    if (state.versions.size >= MAX_VERSIONS) return this.#describeAnew(name, state)
    return dice < 0.7 ? this.#write('PutSecretValue', name, state) : this.#write('UpdateSecret', name, state)
  }

  #create(): [string, Json, Doubt] {
    const name = `${this.#prefix}/${this.#made++}`
    const [ClientRequestToken, SecretString] = [randomUUID(), this.#value()]
    const after: SecretState = {
      versions: new Map([[ClientRequestToken, SecretString]]),
      labels: new Map([['AWSCURRENT', ClientRequestToken]]),
      description: 'new',
      isDeleted: false,
    }
    const input = { Name: name, ClientRequestToken, SecretString, Description: 'new' }
    return ['CreateSecret', input, { name, after }]
  }

  #write(operation: 'PutSecretValue' | 'UpdateSecret', name: string, state: SecretState): [string, Json, Doubt] {
    const [ClientRequestToken, SecretString] = [randomUUID(), this.#value()]
    const versions = new Map([...state.versions, [ClientRequestToken, SecretString]])
    const labels = new Map(state.labels)
    const isStaged = operation === 'PutSecretValue' && this.#random() < 0.3
    if (isStaged) labels.set('GREEN', ClientRequestToken)
    else labels.set('AWSPREVIOUS', labels.get('AWSCURRENT')!).set('AWSCURRENT', ClientRequestToken)
    const description = operation === 'UpdateSecret' ? randomUUID() : state.description
    const input = {
      ClientRequestToken,
      SecretString,
      ...(isStaged && { VersionStages: ['GREEN'] }),
      ...(operation === 'UpdateSecret' && { Description: description }),
    }
    return this.#change(operation, name, input, { ...state, versions, labels, description })
  }

  #rollBack(name: string, state: SecretState): [string, Json, Doubt] {
    const [current, previous] = [state.labels.get('AWSCURRENT')!, state.labels.get('AWSPREVIOUS')!]
    const labels = new Map([...state.labels, ['AWSCURRENT', previous], ['AWSPREVIOUS', current]])
    const input = { VersionStage: 'AWSCURRENT', MoveToVersionId: previous, RemoveFromVersionId: current }
    return this.#change('UpdateSecretVersionStage', name, input, { ...state, labels })
  }

  #describeAnew(name: string, state: SecretState): [string, Json, Doubt] {
    const Description = randomUUID()
    return this.#change('UpdateSecret', name, { Description }, { ...state, description: Description })
  }

  #change(operation: string, name: string, input: Json, after: SecretState): [string, Json, Doubt] {
    return [operation, { SecretId: name, ...input }, { name, after }]
  }

  #value(): string {
    return `${randomUUID()} `.padEnd(this.#pick(SIZES) ?? 0, 'value ')
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)]
  }
}

/** What is there: labels and description by DescribeSecret, every version by its id. */
async function observe(client: WireClient, name: string): Promise<SecretState | undefined> {
  const described = await client.call('DescribeSecret', { SecretId: name }).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'ResourceNotFoundException') return undefined
    throw error
  })
  if (described === undefined) return undefined
  const isDeleted = described.DeletedDate !== undefined
  const stages = Object.entries(described.VersionIdsToStages as Record<string, string[]>)
  const { Versions } = (await client.call('ListSecretVersionIds', {
    SecretId: name,
    IncludeDeprecated: true,
    MaxResults: 100,
  })) as { Versions: { VersionId: string }[] }
  const versions = await Promise.all(
    Versions.map(async ({ VersionId }): Promise<[string, string]> => {
      if (isDeleted) return [VersionId, '']
      const { SecretString } = await client.call('GetSecretValue', { SecretId: name, VersionId })
      return [VersionId, String(SecretString)]
    }),
  )
  return {
    versions: new Map(versions),
    labels: new Map(stages.flatMap(([id, labels]) => labels.map((label): [string, string] => [label, id]))),
    description: String(described.Description),
    isDeleted,
  }
}

/** The same text for the same state. Values of a deleted secret are not readable and not compared. */
function textOf(state: SecretState | undefined): string {
  if (state === undefined) return 'nothing'
  const { versions, labels, description, isDeleted } = state
  const sorted = (map: ReadonlyMap<string, string>): [string, string][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  const shown = sorted(versions).map(([id, value]) => [id, isDeleted ? '' : value.trim()])
  return JSON.stringify({ versions: shown, labels: sorted(labels), description, isDeleted })
}

/** A deleted secret, with the values that it must still have when it is restored. */
function withValues(found: SecretState, expected: readonly (SecretState | undefined)[]): SecretState {
  const known = new Map(expected.flatMap((state) => [...(state?.versions ?? [])]))
  return { ...found, versions: new Map([...found.versions.keys()].map((id) => [id, known.get(id) ?? ''])) }
}

/** mulberry32: a small generator that can be seeded. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
