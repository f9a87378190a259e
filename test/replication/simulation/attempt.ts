/**
 * One piece of work in a Region, cut up at its calls of the store and of KMS: between them others get their turn, any of them may be the last because the process has died, and any may fail.
 * @module
 */
import type { KeyService } from '../../../lambda/core/ports/key-service.ts'
import type { ReplicationStore } from '../../../lambda/core/ports/replication-store.ts'
import { StoreFailure, type SecretStore } from '../../../lambda/core/ports/secret-store.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** The process is gone: nobody hears of this. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/** How the work is disturbed. `at`: number of the call. */
export interface Disturbance {
  readonly kind: 'crash-before' | 'crash-after' | 'fault'
  readonly at: number
}

export interface AttemptTraits {
  /** How often a call takes time. */
  readonly pauseShare: number
  /** Milliseconds. */
  readonly longestPause: number
  readonly disturbance?: Disturbance | undefined
}

export class Attempt {
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #traits: AttemptTraits
  #calls = 0
  #isDead = false

  constructor(time: VirtualTime, random: Random, traits: AttemptTraits) {
    this.#time = time
    this.#random = random
    this.#traits = traits
  }

  async call<T>(effect: () => Promise<T>): Promise<T> {
    const { disturbance } = this.#traits
    if (this.#takesTime()) await this.#pause()
    this.#checkAlive()
    const number = ++this.#calls
    const isHit = disturbance?.at === number
    if (isHit && disturbance.kind === 'crash-before') this.#die()
    if (isHit && disturbance.kind === 'fault') throw new StoreFailure('throttled', 'the table is throttled')
    const result = await effect()
    if (isHit && disturbance.kind === 'crash-after') this.#die()
    if (this.#takesTime()) await this.#pause()
    this.#checkAlive()
    return result
  }

  #takesTime(): boolean {
    const { pauseShare } = this.#traits
    return pauseShare > 0 && this.#random.chance(pauseShare)
  }

  #pause(): Promise<void> {
    return this.#time.pause(this.#random.delay(this.#traits.longestPause))
  }

  /** Another call of the same process may have been the last. */
  #checkAlive(): void {
    if (this.#isDead) throw new Crash()
  }

  #die(): never {
    this.#isDead = true
    throw new Crash()
  }
}

export function interruptedStore(
  store: SecretStore & ReplicationStore,
  attempt: Attempt,
): SecretStore & ReplicationStore {
  const { call } = { call: attempt.call.bind(attempt) }
  return {
    load: (key) => call(() => store.load(key)),
    loadHeads: (keys) => call(() => store.loadHeads(keys)),
    readValue: (ref) => call(() => store.readValue(ref)),
    commit: (commit) => call(() => store.commit(commit)),
    remove: (head) => call(() => store.remove(head)),
    recordAccess: (secret, versionId, day) => call(() => store.recordAccess(secret, versionId, day)),
    list: (query) => call(() => store.list(query)),
    duePurges: (now, limit) => call(() => store.duePurges(now, limit)),
    dueRotations: (now, limit, after) => call(() => store.dueRotations(now, limit, after)),
    rotation: (ref) => call(() => store.rotation(ref)),
    rotations: (secret) => call(() => store.rotations(secret)),
    saveRotation: (secret, record) => call(() => store.saveRotation(secret, record)),
    valuesOf: (head) => call(() => store.valuesOf(head)),
    scanValues: (after, limit) => call(() => store.scanValues(after, limit)),
    dropValues: (refs) => call(() => store.dropValues(refs)),
    group: (key) => call(() => store.group(key)),
    replicaViews: (secret, regions) => call(() => store.replicaViews(secret, regions)),
    link: (key) => call(() => store.link(key)),
    saveLink: (key, link) => call(() => store.saveLink(key, link)),
    removeLink: (key, link) => call(() => store.removeLink(key, link)),
    dueLinks: (now, limit, after) => call(() => store.dueLinks(now, limit, after)),
  }
}

export function interruptedKeys(keys: KeyService, attempt: Attempt): KeyService {
  const { call } = { call: attempt.call.bind(attempt) }
  return {
    mode: keys.mode,
    describeKey: (request) => call(() => keys.describeKey(request)),
    serviceKey: (request) => call(() => keys.serviceKey(request)),
    generateDataKey: (use) => call(() => keys.generateDataKey(use)),
    wrapDataKey: (use) => call(() => keys.wrapDataKey(use)),
    unwrapDataKey: (use) => call(() => keys.unwrapDataKey(use)),
    replicaKey: (request) => call(() => keys.replicaKey(request)),
    reviveServiceKey: (keyArn) => call(() => keys.reviveServiceKey(keyArn)),
    retireServiceKey: (keyArn) => call(() => keys.retireServiceKey(keyArn)),
    scanServiceKeys: (after, limit) => call(() => keys.scanServiceKeys(after, limit)),
  }
}
