/**
 * A seed's whole story: Regions, their table and keys, the network between them, calls in all of them, and everything that goes wrong; then the healing, and what must be true at the end.
 * @module
 */
import { sameAccountOnly, type Authorizer } from '../../../lambda/auth/authorizer.ts'
import { DAY } from '../../../lambda/core/domain/dates.ts'
import { ServiceError } from '../../../lambda/core/domain/errors.ts'
import { isReplica, type Link } from '../../../lambda/core/domain/replication.ts'
import type { SecretHead } from '../../../lambda/core/domain/secret.ts'
import { execute } from '../../../lambda/core/execute.ts'
import type { OperationName } from '../../../lambda/core/model/secrets-manager.types.generated.ts'
import { operations } from '../../../lambda/core/operations/index.ts'
import { KeyFailure } from '../../../lambda/core/ports/key-service.ts'
import { StoreFailure } from '../../../lambda/core/ports/secret-store.ts'
import { reprimary } from '../../../lambda/core/replication/administer.ts'
import { reconcileSecret } from '../../../lambda/core/replication/reconcile-secret.ts'
import { sweepReplication } from '../../../lambda/core/replication/sweep-replication.ts'
import { ownerContext } from '../../../lambda/core/rotation/owner.ts'
import type { Services } from '../../../lambda/core/services.ts'
import { purge, sweepKeys, sweepPurges, sweepValues, TooManyOrphans } from '../../../lambda/core/sweeper.ts'
import { StubFunctions } from '../../support/stub-functions.ts'
import type { Actor } from './actor.ts'
import { Attempt, Crash, interruptedKeys, interruptedStore, type Disturbance } from './attempt.ts'
import {
  checkConvergence,
  checkDescribed,
  checkKeyWasRetired,
  checkKeys,
  checkLabels,
  checkNothingLost,
  checkReadable,
  checkRetirement,
  checkRevived,
  checkStatus,
  summaryOf,
  type Described,
  type WholeWorld,
} from './invariants.ts'
import { Ledger, type Invariant } from './ledger.ts'
import { Network } from './network.ts'
import { Random, SeededEntropy } from './random.ts'
import { drawRequest, type ApiRequest, type Scene } from './requests.ts'
import { KeyWorld, KmsUnreachable, SimulatedKeyService } from './simulated-keys.ts'
import { SimulatedStore } from './simulated-store.ts'
import { SimulatedTable, type HeadChange } from './simulated-table.ts'
import { Contents } from './stored-content.ts'
import { drawTraits, type Traits } from './traits.ts'
import { VirtualTime } from './virtual-time.ts'

const ACCOUNT = '123456789012'
const START = Date.parse('2026-03-01T00:00:00Z')
const MINUTE = 60_000
const SWEEP_EVERY = 10 * MINUTE
/** Longer than any retry waits. */
const HEALING = 10 * 60 * MINUTE
/** Of it, at the end: no head changes any more. */
const REST = 60 * MINUTE
const RETRIES = 5
/** More than any seed needs. */
const ENDLESS = 200_000
/** How long a key that is needed may be about to be deleted, where processes die: until the daily look at every copy. */
const PATIENCE = 1.1 * DAY
const allowAll: Authorizer = { ...sameAccountOnly, decide: () => ({ verdict: 'allow', layer: 'identity' }) }

export interface Violation {
  readonly invariant: Invariant
  readonly message: string
}

export interface Story {
  readonly seed: number
  readonly traits: Traits
  /** The first promise that was broken; undefined: all were kept. */
  readonly violation: Violation | undefined
  /** Empty unless asked for. */
  readonly trace: readonly string[]
  /** How often what was done, over everything: to see that the simulation reaches it. */
  readonly counts: ReadonlyMap<string, number>
}

/** The same seed tells the same story, to the last line of its trace. */
export async function simulate(seed: number, { isTraced = false }: { isTraced?: boolean } = {}): Promise<Story> {
  const world = new World(seed, isTraced)
  const { stackTraceLimit } = Error
  // Stacks are a good part of the cost of a refusal, and nobody reads them unless the story is told again.
  if (!isTraced) Error.stackTraceLimit = 0
  try {
    await world.live()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
  return world.story()
}

class World {
  readonly #seed: number
  readonly #traits: Traits
  readonly #time = new VirtualTime(START)
  readonly #network: Network
  readonly #table: SimulatedTable
  readonly #keys: KeyWorld
  readonly #whole: WholeWorld
  readonly #entropy: SeededEntropy
  readonly #dice: Readonly<Record<'steps' | 'requests' | 'work' | 'attempts', Random>>
  readonly #customerKeys = new Map<string, string[]>()
  readonly #skews = new Map<string, number>()
  readonly #scheduled = new Map<string, number>()
  readonly #sweptAt = new Map<string, number>()
  readonly #functions = new StubFunctions()
  /** Regions whose sweeper has found too many keys without a head to touch them. */
  readonly #keyHoarders = new Set<string>()
  readonly #counts = new Map<string, number>()
  readonly #trace: string[] | undefined
  #violation: Violation | undefined
  #isHealing = false
  #lastChange = START
  /** Keys that somebody has to take back, and has still time to. */
  #suspects = 0

  constructor(seed: number, isTraced: boolean) {
    this.#seed = seed
    this.#trace = isTraced ? [] : undefined
    const random = new Random(seed, 'traits')
    this.#traits = drawTraits(random)
    this.#dice = {
      steps: new Random(seed, 'steps'),
      requests: new Random(seed, 'requests'),
      work: new Random(seed, 'work'),
      attempts: new Random(seed, 'attempts'),
    }
    this.#entropy = new SeededEntropy(new Random(seed, 'entropy'))
    const { regions, isSelective, keyMode, network, skew } = this.#traits
    this.#network = new Network({ time: this.#time, random: new Random(seed, 'network'), traits: network })
    this.#table = new SimulatedTable({ regions, isSelective, network: this.#network, listener: this.#listener() })
    this.#keys = new KeyWorld({ mode: keyMode, time: this.#time, entropy: this.#entropy })
    const contents = new Contents(this.#table, this.#keys)
    const report = (invariant: Invariant, message: string): void => this.#report(invariant, message)
    const ledger = new Ledger({ table: this.#table, contents, report })
    this.#whole = {
      table: this.#table,
      keys: this.#keys,
      contents,
      ledger,
      report,
      suspect: (head, keyArn) => this.#suspect(head, keyArn),
    }
    this.#keys.onRetirement = (key) => {
      this.#note(() => `KMS of ${key.region} will delete ${key.arn}`)
      checkRetirement(this.#whole, key)
    }
    this.#keys.onDecryption = ({ actor, secretArn }) => this.#checkNeedToKnow(actor, secretArn)
    for (const region of regions) {
      this.#customerKeys.set(region, [this.#keys.addCustomerKey(region), this.#keys.addCustomerKey(region)])
      this.#skews.set(region, skew === 0 ? 0 : random.between(-skew, skew))
    }
  }

  story(): Story {
    return {
      seed: this.#seed,
      traits: this.#traits,
      violation: this.#violation,
      trace: this.#trace ?? [],
      counts: this.#counts,
    }
  }

  async live(): Promise<void> {
    const { steps, longestGap, restShare } = this.#traits
    const { steps: dice } = this.#dice
    for (let step = 0; step < steps && !this.#violation; step++) {
      const gap = dice.chance(restShare) ? dice.pick([2 * 60 * MINUTE, DAY, 8 * DAY]) : dice.delay(longestGap)
      await this.#pass(gap)
      if (!this.#disturb(step)) this.#call(step)
    }
    if (!this.#violation) await this.#heal()
  }

  async #heal(): Promise<void> {
    this.#note(() => 'everything heals')
    this.#isHealing = true
    for (const region of [...this.#network.cut]) this.#network.heal(region)
    this.#keys.outages.clear()
    for (const key of this.#keys.keys.values()) if (key.state === 'disabled') key.state = 'enabled'
    await this.#pass(HEALING)
    // A key that is needed is looked after once a day.
    if (this.#suspects > 0) await this.#pass(PATIENCE + HEALING)
    if (this.#violation) return
    const { names } = this.#traits
    if (this.#time.now() - this.#lastChange < REST)
      this.#report('rest', 'heads still change, long after everything has healed')
    for (const name of names) checkConvergence(this.#whole, name)
    checkNothingLost(this.#whole, names)
    for (const region of this.#table.regions)
      for (const head of this.#table.own(region).heads.values()) checkReadable(this.#whole, head)
    await this.#clearKeys()
  }

  /** Keys of attempts that came to nothing are found by the daily sweep, a day later at the earliest. */
  async #clearKeys(): Promise<void> {
    await this.#time.runUntil(this.#time.now() + 2 * DAY)
    for (const region of this.#table.regions) {
      const actor: Actor = { kind: 'sweeper', name: 'sweepKeys', region }
      const { faults } = await sweepKeys(this.#servicesOf(actor, undefined, { isAtOnce: true }))
      for (const fault of faults) this.#noteFault(actor, fault)
    }
    checkKeys(this.#whole, this.#keyHoarders)
  }

  // Time

  /** Lets time go on, with the sweepers of the Regions, which have nothing to do most of the time. */
  async #pass(duration: number): Promise<void> {
    const end = this.#time.now() + duration
    while (!this.#violation) {
      const sweepAt = this.#nextSweep()
      const next = Math.min(end, sweepAt, this.#time.isIdle ? Infinity : this.#time.now() + SWEEP_EVERY)
      await this.#time.runUntil(next)
      for (const region of this.#table.regions) if (this.#sweepTime(region) <= this.#time.now()) this.#sweep(region)
      if (next === end && this.#time.now() >= end) break
    }
    if (!this.#violation) await this.#time.runUntil(end)
  }

  #nextSweep(): number {
    return Math.min(...this.#table.regions.map((region) => this.#sweepTime(region)))
  }

  /** The next time that this Region's sweeper runs and finds something. */
  #sweepTime(region: string): number {
    const { links, heads, values } = this.#table.own(region)
    let due =
      values.size > 0 || this.#keys.keys.size > 0 ? (this.#sweptAt.get(`${region} daily`) ?? START) + DAY : Infinity
    for (const { checkAt } of links.values()) if (checkAt !== undefined && checkAt < due) due = checkAt
    for (const { state, deletion } of heads.values()) {
      const purgeAt = state === 'purging' ? 0 : (deletion?.purgeAt ?? Infinity)
      if (purgeAt < due) due = purgeAt
    }
    // The Region's own clock tells what is due.
    const local = due - (this.#skews.get(region) ?? 0)
    const last = this.#sweptAt.get(region) ?? START
    return Math.max(last + SWEEP_EVERY, START + Math.ceil((local - START) / SWEEP_EVERY) * SWEEP_EVERY)
  }

  #sweep(region: string): void {
    this.#sweptAt.set(region, this.#time.now())
    const daily = `${region} daily`
    const isDaily = (this.#sweptAt.get(daily) ?? START) + DAY <= this.#time.now()
    if (isDaily) this.#sweptAt.set(daily, this.#time.now())
    const work = async (
      actor: Actor,
      sweep: (services: Services & Noting) => Promise<{ faults: readonly unknown[] }>,
    ): Promise<void> => {
      try {
        const { faults } = await sweep(this.#servicesOf(actor, this.#drawDisturbance()))
        for (const fault of faults) this.#noteFault(actor, fault)
      } catch (error) {
        this.#noteFault(actor, error)
      }
    }
    this.#time.start(0, () => work({ kind: 'replicator', name: 'sweepReplication', region }, sweepReplication))
    this.#time.start(0, () => work({ kind: 'sweeper', name: 'sweepPurges', region }, sweepPurges))
    if (!isDaily) return
    this.#time.start(0, () => work({ kind: 'sweeper', name: 'sweepKeys', region }, sweepKeys))
    this.#time.start(0, () => work({ kind: 'sweeper', name: 'sweepValues', region }, sweepValues))
  }

  // What is disturbed

  #disturb(step: number): boolean {
    const { cutWeight, outageWeight, regions } = this.#traits
    const dice = this.#dice.steps
    const draw = dice.below(100)
    const region = dice.pick(regions)
    if (draw < cutWeight) this.#toggleCut(region, step)
    else if (draw < cutWeight + outageWeight) this.#toggleOutage(region, step)
    else return false
    return true
  }

  #toggleCut(region: string, step: number): void {
    const isCut = this.#network.cut.has(region)
    this.#note(() => `step ${step}: ${region} is ${isCut ? 'reached again' : 'cut off'}`)
    if (isCut) this.#network.heal(region)
    else this.#network.cut.add(region)
  }

  #toggleOutage(region: string, step: number): void {
    const dice = this.#dice.steps
    const key = this.#keys.find(dice.pick(this.#customerKeys.get(region) ?? []))
    if (dice.chance(0.5) && key) {
      key.state = key.state === 'disabled' ? 'enabled' : 'disabled'
      this.#note(() => `step ${step}: ${key.arn} is ${key.state}`)
      return
    }
    const isDown = this.#keys.outages.has(region)
    if (isDown) this.#keys.outages.delete(region)
    else this.#keys.outages.set(region, dice.pick(['throttled', 'unreachable']))
    this.#note(() => `step ${step}: KMS of ${region} is ${this.#keys.outages.get(region) ?? 'well'}`)
  }

  #drawDisturbance(): Disturbance | undefined {
    const { crashShare, faultShare } = this.#traits
    const dice = this.#dice.work
    if (this.#isHealing) return undefined
    if (dice.chance(crashShare)) return { kind: dice.pick(['crash-before', 'crash-after']), at: dice.between(1, 12) }
    return dice.chance(faultShare) ? { kind: 'fault', at: dice.between(1, 12) } : undefined
  }

  // Calls of the API

  #call(step: number): void {
    const request = drawRequest(this.#dice.requests, this.#scene(), step)
    const { region, operation, name } = request
    const actor: Actor = { kind: 'operation', name: operation, region }
    const isRead = operation === 'GetSecretValue' || operation === 'DescribeSecret'
    // Reads are done at one moment, so that what they must answer is known.
    const services = this.#servicesOf(actor, isRead ? undefined : this.#drawDisturbance(), { isAtOnce: isRead })
    this.#note(() => `step ${step}: ${region} ${operation} ${name} ${JSON.stringify(request.input).slice(0, 300)}`)
    this.#time.start(0, async () => {
      try {
        const answer = await this.#perform(request, services)
        this.#count(operation)
        const head = this.#table.head(region, name)
        if (operation === 'DescribeSecret' && head) checkDescribed(this.#whole, head, answer as Described)
        this.#note(() => `step ${step}: ${operation} answers ${JSON.stringify(answer ?? null).slice(0, 400)}`)
      } catch (error) {
        this.#count(`${operation} refused`)
        this.#note(() => `step ${step}: ${operation} fails: ${textOf(error)}`)
        this.#checkRefusal(request, error)
      }
    })
  }

  async #perform({ operation, input, name, region }: ApiRequest, services: Services & Noting): Promise<unknown> {
    const context = ownerContext({ account: ACCOUNT, region }, 'request', this.#time.now())
    if (operation === 'Reprimary') {
      const { to, winner } = input as { to: string; winner?: 'this' | 'other' }
      return reprimary({ services, context, secretId: name }, { to, winner })
    }
    const row = operations[operation as OperationName]
    if (!row) throw new Error(`there is no operation ${operation}`)
    const { noteFault } = services
    return (await execute(row, { input: input, context, services, noteFault })).answer
  }

  #checkRefusal({ operation, region, name }: ApiRequest, error: unknown): void {
    if (!isExpected(error)) {
      this.#report('no-faults', `${operation} in ${region}: ${stackOf(error)}`)
      return
    }
    if (operation !== 'GetSecretValue') return
    const head = this.#table.head(region, name)
    const current = head?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
    if (!head || !current || head.state !== 'active' || this.#keys.outages.has(region)) return
    const key = this.#keys.find(this.#whole.contents.keyOf(head, current) ?? '')
    if (key?.state === 'enabled') this.#report('readable', `${region}: ${name} can't be read: ${textOf(error)}`)
  }

  #scene(): Scene {
    const { regions, names } = this.#traits
    const having = (name: string, isMeant: (head: SecretHead) => boolean): string[] =>
      regions.filter((region) => {
        const head = this.#table.head(region, name)
        return head !== undefined && isMeant(head)
      })
    return {
      regions,
      names,
      regionsWith: (name) => having(name, () => true),
      primariesOf: (name) => having(name, (head) => !isReplica(head)),
      copiesOf: (name) => having(name, isReplica),
      versionsIn: (region, name) => this.#table.head(region, name)?.versions.map(({ id }) => id) ?? [],
      customerKeys: (region) => this.#customerKeys.get(region) ?? [],
    }
  }

  // Work in the background

  /** Something of its own has changed: the Region looks at the name soon, or, when it did not get round to it, later. */
  #wakeForOwn(region: string, name: string): void {
    this.#wake(region, name, { isLate: this.#dice.work.chance(this.#traits.lostShare) })
  }

  /** Something of another Region is seen: the Region looks at the name soon, perhaps twice, perhaps not at all. */
  #wakeForSeen(region: string, name: string): void {
    if (this.#isHealing || !this.#dice.work.chance(this.#traits.lostShare)) this.#wake(region, name)
  }

  #wake(region: string, name: string, { tries = 0, isLate = false } = {}): void {
    const { network } = this.#traits
    const dice = this.#dice.work
    const place = `${region} ${name}`
    const waiting = this.#scheduled.get(place) ?? 0
    if (waiting > 0 && tries === 0 && !isLate && !dice.chance(0.1)) return
    if (this.#time.entries > ENDLESS) this.#report('rest', 'everybody wakes everybody else, without an end')
    const counted = isLate ? 0 : 1
    this.#scheduled.set(place, waiting + counted)
    const delay = tries > 0 ? tries * 2_000 : dice.delay(isLate ? 60 * MINUTE : network.usualDelay)
    this.#time.start(delay, async () => {
      this.#scheduled.set(place, (this.#scheduled.get(place) ?? counted) - counted)
      await this.#reconcile(region, name, tries)
    })
  }

  async #reconcile(region: string, name: string, tries: number): Promise<void> {
    const actor: Actor = { kind: 'replicator', name: 'reconcile', region }
    const services = this.#servicesOf(actor, this.#drawDisturbance())
    try {
      const { steps, isWaiting } = await reconcileSecret(services, { account: ACCOUNT, region, name })
      if (steps.length > 0)
        this.#note(() => `${region} reconciles ${name}: ${steps.join()}${isWaiting ? ', waits' : ''}`)
      for (const step of steps) this.#count(step)
      if (isWaiting && tries < RETRIES) this.#wake(region, name, { tries: tries + 1 })
    } catch (error) {
      this.#note(() => `${region} reconciles ${name}: ${textOf(error)}`)
      this.#noteFault(actor, error)
      const isTriedAgain = error instanceof Crash ? this.#dice.work.chance(0.5) : true
      if (isTriedAgain && tries < RETRIES) this.#wake(region, name, { tries: tries + 1 })
    }
  }

  // What everybody works with

  #servicesOf(actor: Actor, disturbance: Disturbance | undefined, { isAtOnce = false } = {}): Services & Noting {
    const { pauseShare, longestPause, regions } = this.#traits
    const share = isAtOnce || this.#isHealing ? 0 : pauseShare
    const attempt = new Attempt(this.#time, this.#dice.attempts, { pauseShare: share, longestPause, disturbance })
    const store = interruptedStore(new SimulatedStore({ table: this.#table, time: this.#time, actor }), attempt)
    const keys = interruptedKeys(new SimulatedKeyService(this.#keys, actor), attempt)
    const skew = this.#skews.get(actor.region) ?? 0
    const clock = { now: () => this.#time.now() + skew }
    const services: Services & Noting = {
      store,
      replication: store,
      regions,
      keys,
      clock,
      entropy: this.#entropy,
      authorizer: allowAll,
      functions: this.#functions,
      // Not always: on AWS it is a stream that does it, a moment later.
      purgeSoon: async (head) => {
        if (!this.#dice.work.chance(0.5)) return
        await purge(services, head).catch((error: unknown) => this.#noteFault(actor, error))
      },
      events: {
        tell: async ({ name, secretArn, replicaRegion = '', errorMessage = '' }) => {
          this.#count(name)
          this.#note(() => `${name} ${secretArn} in ${replicaRegion} ${errorMessage}`)
        },
      },
      rotateSoon: async () => undefined,
      noteFault: (fault) => this.#noteFault(actor, fault),
    }
    return services
  }

  #noteFault({ name, region }: Actor, fault: unknown): void {
    if (fault instanceof TooManyOrphans) {
      this.#keyHoarders.add(region)
      return
    }
    if (!isExpected(fault)) this.#report('no-faults', `${name} in ${region}: ${stackOf(fault)}`)
  }

  // Watching

  #listener(): ConstructorParameters<typeof SimulatedTable>[0]['listener'] {
    return {
      headWritten: (change) => this.#headWritten(change),
      linkWritten: (region, name, link) => this.#linkWritten(region, name, link),
      valueDropped: (region, name) => {
        const head = this.#table.head(region, name)
        if (head) checkReadable(this.#whole, head)
      },
      seen: (at, from, name, kind) => {
        this.#note(() => `${at} sees the ${kind} of ${name} in ${from}`)
        this.#wakeForSeen(at, name)
        if (kind === 'link') checkStatus(this.#whole, at, name)
      },
    }
  }

  #headWritten(change: HeadChange): void {
    const { region, name, after, actor } = change
    this.#lastChange = this.#time.now()
    this.#note(() => `${region} ${name} is now ${summaryOf(after)} [${actor.name}]`)
    this.#whole.ledger.headWritten(change)
    if (change.before && !after && isReplica(change.before)) this.#watchKey(change.before)
    if (after) {
      checkLabels(this.#whole, after)
      checkReadable(this.#whole, after)
    }
    for (const other of this.#table.regions) checkStatus(this.#whole, other, name)
    this.#wakeForOwn(region, name)
  }

  #linkWritten(region: string, name: string, link: Link | undefined): void {
    this.#note(() => `${region} ${name} tells ${link ? JSON.stringify(link) : 'nothing any more'}`)
    this.#wakeForOwn(region, name)
  }

  /** Where no process dies, the key goes with the copy. */
  #watchKey(copy: SecretHead): void {
    const { crashShare, faultShare, outageWeight } = this.#traits
    if (crashShare + faultShare + outageWeight > 0) return
    const removedAt = this.#time.now()
    this.#time.later(10 * MINUTE, () => checkKeyWasRetired(this.#whole, copy, removedAt))
  }

  /**
   * KMS has no conditions: who retires a key that somebody has taken back at that very moment has to see it and to take it back again, and who dies in between leaves it to the daily look.
   */
  #suspect(head: SecretHead, keyArn: string): void {
    const { crashShare, faultShare } = this.#traits
    const patience = crashShare > 0 || faultShare > 0 ? PATIENCE : 10 * MINUTE
    this.#note(() => `${keyArn} is needed by ${head.key.name} in ${head.key.region}`)
    this.#suspects++
    this.#time.later(patience, () => {
      this.#suspects--
      checkRevived(this.#whole, head, keyArn)
    })
  }

  /** A Region opens nothing of a secret that it neither has nor was asked to have. */
  #checkNeedToKnow({ region, name }: Actor, secretArn: string): void {
    const tail = secretArn.split(':secret:')[1] ?? ''
    const home = secretArn.split(':')[3]
    const suffix = tail.slice(-6)
    if (home === region || this.#table.head(region, tail.slice(0, -7))?.suffix === suffix) return
    if (!this.#whole.ledger.wasRequested(suffix, region))
      this.#report('need-to-know', `${name} in ${region} opened a value of ${secretArn}`)
  }

  #report(invariant: Invariant, message: string): void {
    this.#note(() => `VIOLATION of ${invariant}: ${message}`)
    this.#violation ??= { invariant, message }
    this.#time.halt()
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  #note(line: () => string): void {
    this.#trace?.push(`${((this.#time.now() - START) / 1000).toFixed(3).padStart(12)}  ${line()}`)
  }
}

interface Noting {
  readonly noteFault: (fault: unknown) => void
}

/** Trouble that the simulation has made itself, and refusals. Everything else is a fault of the core. */
function isExpected(error: unknown): boolean {
  if (
    error instanceof Crash ||
    error instanceof StoreFailure ||
    error instanceof KmsUnreachable ||
    error instanceof KeyFailure
  )
    return true
  if (error instanceof ServiceError && error.code !== 'InternalServiceError') return true
  return error instanceof Error && error.cause !== undefined && isExpected(error.cause)
}

const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : ` caused by ${stackOf(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
