/**
 * Secrets as simply as they can be told: sets of labels, no storage, no keys, no pipeline. Written from the specification alone, so that a difference from the
 * real thing means that one of the two is wrong.
 */
export interface Operation {
  readonly kind: 'create' | 'put' | 'update' | 'move' | 'delete' | 'force' | 'restore' | 'tag' | 'untag' | 'wait'
  readonly name: string
  readonly token: string
  readonly value: string | undefined
  readonly stages: readonly string[]
  readonly to: string | undefined
  readonly from: string | undefined
}

interface ReferenceVersion {
  readonly value: string
  readonly stages: Set<string>
}

interface ReferenceSecret {
  readonly versions: Map<string, ReferenceVersion>
  readonly tags: Map<string, string>
  hadTags: boolean
  madeBy: string
  description: string | undefined
  purgeDay: number | undefined
}

export class Refusal extends Error {}

const WINDOW_DAYS = 7

export class ReferenceSecrets {
  readonly secrets = new Map<string, ReferenceSecret>()
  #day = 0

  /** @throws {Refusal} whose message is the error code */
  apply(operation: Operation): void {
    this[operation.kind](operation)
  }

  private create({ name, token, value }: Operation): void {
    const existing = this.secrets.get(name)
    if (existing) {
      if (existing.purgeDay !== undefined) refuse('InvalidRequestException')
      const version = existing.versions.get(token)
      const isSame = version ? version.value === value : value === undefined && existing.versions.size === 0
      const isRetry = existing.madeBy === token && isSame
      if (!isRetry) refuse('ResourceExistsException')
      return
    }
    const secret: ReferenceSecret = {
      versions: new Map(),
      tags: new Map(),
      hadTags: false,
      madeBy: token,
      description: undefined,
      purgeDay: undefined,
    }
    this.secrets.set(name, secret)
    if (value !== undefined) addVersion(secret, token, value, [])
  }

  private put({ name, token, value = 'v', stages }: Operation): void {
    const secret = this.#active(name)
    if (!isReplay(secret, token, value)) addVersion(secret, token, value, stages.length > 0 ? stages : ['AWSCURRENT'])
  }

  private update({ name, token, value, to }: Operation): void {
    const secret = this.#active(name)
    if (value !== undefined && !isReplay(secret, token, value)) addVersion(secret, token, value, ['AWSCURRENT'])
    if (to !== undefined) secret.description = to
  }

  private move({ name, stages: [stage = 'X'], to, from }: Operation): void {
    const { versions } = this.#active(name)
    if (to === undefined && from === undefined) refuse('InvalidParameterException')
    if (to !== undefined && !versions.has(to)) refuse('InvalidParameterException')
    const holder = holderOf(versions, stage)
    if (from !== undefined && holder !== from) refuse('InvalidParameterException')
    if (to === undefined) {
      if (stage === 'AWSCURRENT') refuse('InvalidParameterException')
      versions.get(from!)!.stages.delete(stage)
      return
    }
    if (holder === to) return
    if (holder !== undefined && from === undefined) refuse('InvalidParameterException')
    place(versions, stage, to)
  }

  private delete({ name }: Operation): void {
    this.#active(name).purgeDay = this.#day + WINDOW_DAYS
  }

  private force({ name }: Operation): void {
    this.secrets.delete(name)
  }

  private restore({ name }: Operation): void {
    this.#find(name).purgeDay = undefined
  }

  private tag({ name, token, value = '' }: Operation): void {
    const secret = this.#active(name)
    secret.hadTags = true
    secret.tags.set(token, value)
  }

  private untag({ name, token }: Operation): void {
    this.#active(name).tags.delete(token)
  }

  private wait(): void {
    this.#day += 3
    for (const [name, { purgeDay }] of this.secrets)
      if (purgeDay !== undefined && purgeDay <= this.#day) this.secrets.delete(name)
  }

  #find(name: string): ReferenceSecret {
    return this.secrets.get(name) ?? refuse('ResourceNotFoundException')
  }

  #active(name: string): ReferenceSecret {
    const secret = this.#find(name)
    return secret.purgeDay === undefined ? secret : refuse('InvalidRequestException')
  }
}

function refuse(code: string): never {
  throw new Refusal(code)
}

function isReplay({ versions }: ReferenceSecret, token: string, value: string): boolean {
  const version = versions.get(token)
  if (version && version.value !== value) refuse('ResourceExistsException')
  return version !== undefined
}

function holderOf(versions: ReferenceSecret['versions'], stage: string): string | undefined {
  for (const [id, { stages }] of versions) if (stages.has(stage)) return id
  return undefined
}

function addVersion({ versions }: ReferenceSecret, token: string, value: string, asked: readonly string[]): void {
  const stages = versions.size === 0 ? ['AWSCURRENT', ...asked] : asked
  versions.set(token, { value, stages: new Set() })
  const current = holderOf(versions, 'AWSCURRENT')
  for (const stage of stages) if (stage !== 'AWSCURRENT') place(versions, stage, token)
  if (!stages.includes('AWSCURRENT')) return
  if (current !== undefined) versions.get(current)!.stages.delete('AWSPENDING')
  place(versions, 'AWSCURRENT', token)
}

function place(versions: ReferenceSecret['versions'], stage: string, id: string): void {
  const former = holderOf(versions, stage)
  for (const { stages } of versions.values()) stages.delete(stage)
  versions.get(id)!.stages.add(stage)
  if (stage === 'AWSCURRENT' && former !== undefined && former !== id) place(versions, 'AWSPREVIOUS', former)
}
