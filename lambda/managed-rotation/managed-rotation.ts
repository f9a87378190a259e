/**
 * Managed rotation: the function behind `coffer-managed-rotation`. It has the contract of every rotation function, four steps, and knows databases.
 * @module
 */
import { wallClock } from '../adapters/wall-clock.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { RotationEvent } from '../core/ports/functions.ts'
import { badValue, engineNames, isEngine, jsonObject } from './database-secret.ts'
import { withinDeadline, type Deadline } from './deadline.ts'
import { within, type Engines } from './engines/engine.ts'
import { installedEngines } from './engines/installed-engines.ts'
import type { MayReach } from './reachable-hosts.ts'
import { RotationError } from './rotation-error.ts'
import type { SecretAccess } from './secret-access.ts'
import type { StrategyName } from './settings.ts'
import { StagedSecret } from './staged-secret.ts'
import { alternatingUsers, singleUser } from './strategies/database-strategy.ts'
import { generic } from './strategies/generic.ts'
import type { Strategy } from './strategies/strategy.ts'
import { webhookTo } from './strategies/webhook.ts'

export interface ManagedRotationOptions extends Deadline {
  readonly secrets: SecretAccess
  /** Where databases may be: anywhere by default. */
  readonly mayReach?: MayReach
  /** Origins such as `https://hooks.example.com`, or beginnings of URLs, that the generic strategy may call; none by default. */
  readonly webhookOrigins: readonly string[]
  /** Whether a secret's JSON may say `"ssl": false`. */
  readonly allowsPlaintext?: boolean
  /** Of signatures of webhooks: real time, by default. */
  readonly clock?: Clock
  /** Those over the real drivers by default. */
  readonly engines?: Engines
}

/** @throws {RotationError} nothing else, whatever happens */
export type ManagedRotation = (event: RotationEvent) => Promise<void>

export function managedRotation(options: ManagedRotationOptions): ManagedRotation {
  return async (event) => {
    try {
      await withinDeadline(async (signal) => {
        const { engines = installedEngines, mayReach } = options
        const reached = { ...options, signal, engines: within(engines, { signal, mayReach }) }
        await run(await StagedSecret.open(options.secrets, event), reached)
      }, options)
    } catch (error) {
      throw RotationError.from(error)
    }
  }
}

/** Every step may be repeated, and a crash may lie between any two actions. */
async function run(secret: StagedSecret, options: ManagedRotationOptions): Promise<void> {
  switch (secret.step) {
    case 'createSecret':
      return secret.isCurrent ? undefined : create(secret, options)
    case 'setSecret':
      return secret.isCurrent ? undefined : set(secret, options)
    case 'testSecret':
      return secret.isCurrent ? undefined : test(secret, options)
    case 'finishSecret':
      return finish(secret, options)
    default:
      throw new RotationError('BadEvent', 'The Step of the event is none of a rotation.')
  }
}

async function create(secret: StagedSecret, options: ManagedRotationOptions): Promise<void> {
  const current = await secret.current()
  const strategy = strategyFor(secret, current, options)
  if ((await secret.pendingIfAny()) !== undefined) return
  const { password } = secret.settings
  await secret.putPending(await strategy.next(current, () => secret.randomPassword(password)))
}

async function set(secret: StagedSecret, options: ManagedRotationOptions): Promise<void> {
  const [current, pending, previous] = [await secret.current(), await secret.pending(), await secret.previousIfAny()]
  const strategy = strategyFor(secret, current, options)
  await strategy.set({ current, pending, ...(previous !== undefined && { previous }) })
}

async function test(secret: StagedSecret, options: ManagedRotationOptions): Promise<void> {
  const [current, pending] = [await secret.current(), await secret.pending()]
  await strategyFor(secret, current, options).test({ current, pending })
}

/** The label moves first: readers of AWSCURRENT have the new value before the old one ends. */
async function finish(secret: StagedSecret, options: ManagedRotationOptions): Promise<void> {
  if (!secret.isCurrent) {
    await secret.pending()
    await secret.makeCurrent()
  }
  const [current, old] = [await secret.current(), await secret.previousIfAny()]
  if (old !== undefined) await strategyFor(secret, current, options).retire({ old, current })
  await secret.clearPending()
}

function strategyFor(secret: StagedSecret, current: string, options: ManagedRotationOptions): Strategy {
  const { settings, name, arn, versionId } = secret
  const { secrets, webhookOrigins, allowsPlaintext = false, engines = installedEngines, clock = wallClock } = options
  const { signal } = options
  const strategy = settings.strategy ?? defaultStrategy(current)
  const database = { secrets, engines, secret: { name, arn }, allowsPlaintext }
  switch (strategy) {
    case 'single-user':
      return singleUser(database)
    case 'alternating-users':
      return alternatingUsers(database)
    case 'generic': {
      const { field, webhookUrl: url } = settings
      return generic({
        ...(field !== undefined && { field }),
        ...(url !== undefined && {
          webhook: webhookTo({ url, origins: webhookOrigins, secretArn: arn, versionId, clock, signal }),
        }),
      })
    }
  }
}

/**
 * By the JSON, between the strategies for databases. Whatever names none is refused: with a misspelt member it may be a database's all the same, and its password, renewed in the secret alone, would be wrong.
 * @throws {RotationError} BadSecretValue
 */
function defaultStrategy(current: string): StrategyName {
  const json = jsonObject(current)
  if (json === undefined) throw badValue(CURRENT_VALUE, `is no JSON object, so it names no database; ${ADVICE}`)
  const { engine, masterarn } = json
  if (isGiven(masterarn)) return 'alternating-users'
  if (!isGiven(engine)) {
    throw badValue(CURRENT_VALUE, `has no \`engine\`, which for a database is one of ${engineNames()}; ${ADVICE}`)
  }
  if (isEngine(engine)) return 'single-user'
  throw badValue(CURRENT_VALUE, `has an \`engine\` that is none of ${engineNames()}; ${ADVICE}`)
}

const CURRENT_VALUE = 'The AWSCURRENT value'
const ADVICE =
  'for a value of anything else, set `strategy` to generic: it is renewed in the secret alone, unless a webhook puts it to use'

const isGiven = (member: unknown): boolean => member !== undefined && member !== null
