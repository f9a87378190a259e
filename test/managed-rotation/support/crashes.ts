/**
 * Crashes at every boundary of a rotation: before and after each call to the secrets and each statement to the database.
 * @module
 */
import type { Login } from '../../../lambda/managed-rotation/database-secret.ts'
import type { Engines } from '../../../lambda/managed-rotation/engines/engine.ts'
import { mysqlEngine, openMysql } from '../../../lambda/managed-rotation/engines/mysql.ts'
import { openPostgres, postgresEngine } from '../../../lambda/managed-rotation/engines/postgres.ts'
import { openRedis, redisEngine } from '../../../lambda/managed-rotation/engines/redis.ts'
import { managedRotation, type ManagedRotation } from '../../../lambda/managed-rotation/managed-rotation.ts'
import type { SecretAccess } from '../../../lambda/managed-rotation/secret-access.ts'
import { ROTATION_STEPS } from '../../../lambda/core/ports/functions.ts'
import { eventOf, type MemorySecret, type MemorySecrets } from './memory-secrets.ts'

export interface CrashPoint {
  readonly call: number
  readonly when: 'before' | 'after'
}

/** Counts calls and breaks at one of them. */
export class Breaker {
  calls = 0
  readonly #point: CrashPoint | undefined

  constructor(point?: CrashPoint) {
    this.#point = point
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const isPoint = ++this.calls === this.#point?.call
    if (isPoint && this.#point.when === 'before') throw new Error('crash')
    const result = work()
    if (!isPoint) return result
    await result.catch(() => undefined)
    throw new Error('crash')
  }
}

export const breakableSecrets = (secrets: SecretAccess, breaker: Breaker): SecretAccess => ({
  DescribeSecret: (input) => breaker.run(() => secrets.DescribeSecret(input)),
  GetSecretValue: (input) => secrets.GetSecretValue(input),
  PutSecretValue: (input) => breaker.run(() => secrets.PutSecretValue(input)),
  UpdateSecretVersionStage: (input) => breaker.run(() => secrets.UpdateSecretVersionStage(input)),
  GetRandomPassword: (input) => breaker.run(() => secrets.GetRandomPassword(input)),
})

export const breakableEngines = (breaker: Breaker): Engines => ({
  postgres: async () =>
    postgresEngine(async (login: Login) => {
      const opened = await openPostgres(login)
      const { wasAsked } = opened
      return {
        wasAsked,
        close: () => opened.close(),
        query: (sql, values) => breaker.run(() => opened.query(sql, values)),
      }
    }),
  mysql: async () =>
    mysqlEngine(async (login: Login) => {
      const opened = await openMysql(login)
      return { close: () => opened.close(), query: (sql) => breaker.run(() => opened.query(sql)) }
    }),
  redis: async () =>
    redisEngine(async (login: Login) => {
      const opened = await openRedis(login)
      return { close: () => opened.close(), send: (command) => breaker.run(() => opened.send(command)) }
    }),
})

export interface CrashTest {
  readonly secrets: MemorySecrets
  /** A secret and its users, as new. */
  readonly make: () => Promise<MemorySecret>
  /** Asked after each crash. */
  readonly whenCrashed?: (secret: MemorySecret) => Promise<void>
  /** Asked after each recovery. */
  readonly whenRecovered: (secret: MemorySecret) => Promise<void>
}

/** Crashes one rotation at each boundary and repeats it from its first step. @returns at how many */
export async function crashEverywhere({ secrets, make, whenCrashed, whenRecovered }: CrashTest): Promise<number> {
  const whole = new Breaker()
  const first = await make()
  await allSteps(rotationWith(secrets, whole), secrets.begin(first), first)
  for (let call = 1; call <= whole.calls; call++) {
    for (const when of ['before', 'after'] as const) {
      const secret = await make()
      const id = secrets.begin(secret)
      const crashed = allSteps(rotationWith(secrets, new Breaker({ call, when })), id, secret)
      await expect(crashed).rejects.toThrow(/broke/)
      await whenCrashed?.(secret)
      await allSteps(rotationWith(secrets, new Breaker()), id, secret)
      await whenRecovered(secret)
    }
  }
  return whole.calls * 2
}

const rotationWith = (secrets: MemorySecrets, breaker: Breaker): ManagedRotation =>
  managedRotation({
    secrets: breakableSecrets(secrets.access, breaker),
    webhookOrigins: [],
    allowsPlaintext: true,
    engines: breakableEngines(breaker),
  })

async function allSteps(rotation: ManagedRotation, id: string, secret: MemorySecret): Promise<void> {
  for (const step of ROTATION_STEPS) await rotation(eventOf(secret, id, step))
}
