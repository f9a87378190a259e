/**
 * A Coffer in memory that carries its rotations out: the real runner and tasks, functions that a test makes up, and a clock that it moves.
 * @module
 */
import { rotationTasks, type RotationTasks } from '../../lambda/core/rotation/tasks.ts'
import type { RotationRecord } from '../../lambda/core/rotation/rotation-record.ts'
import { ExecutionStore, executionSchema } from '../../local/rotation/execution-store.ts'
import { walkClock } from '../../local/rotation/clock-walk.ts'
import { RotationRunner } from '../../local/rotation/rotation-runner.ts'
import { ACCOUNT, makeCoffer, REGION, token, type Coffer, type CofferOptions } from './coffer.ts'
import type { StubFunction } from './stub-functions.ts'

export const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:rotate`
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

export interface RotatingOptions extends CofferOptions {
  readonly concurrency?: number
  /** Stands between the runner and the tasks. */
  readonly wrapTasks?: (tasks: RotationTasks) => RotationTasks
}

export function makeRotating(options: RotatingOptions = {}) {
  const coffer = makeCoffer(options)
  coffer.database.prepare('SELECT 1')
  runScript(coffer, executionSchema)
  const faults: unknown[] = []
  const tasks = rotationTasks({
    services: coffer.services,
    patienceMs: 0,
    noteFault: (fault) => faults.push(fault),
  })
  let monotonic = 0
  const newRunner = (): RotationRunner =>
    new RotationRunner({
      store: coffer.store,
      executions: new ExecutionStore(coffer.database),
      tasks: options.wrapTasks?.(tasks) ?? tasks,
      clock: coffer.clock,
      concurrency: options.concurrency ?? 10,
      onFault: (fault) => faults.push(fault),
      monotonic: () => monotonic,
    })
  const runner = newRunner()

  async function records(name = 'a'): Promise<readonly RotationRecord[]> {
    const head = (await coffer.store.load(keyOf(name)))?.head
    return head ? coffer.store.rotations(head) : []
  }

  return {
    ...coffer,
    runner,
    newRunner,
    tasks,
    faults,
    records,
    /** The function of the secret from now on. */
    use: (code: StubFunction) => coffer.functions.byArn.set(FUNCTION, code),
    /** Moves the domain's time and does what is due. */
    pass: async (milliseconds: number) => {
      const { clock, store } = coffer
      await walkClock({ clock, store, drain: () => runner.drain() }, clock.now() + milliseconds)
    },
    /** The pause after a fault is over. */
    rest: (milliseconds: number) => {
      monotonic += milliseconds
    },
    head: async (name = 'a') => (await coffer.store.load(keyOf(name)))?.head,
    describe: (name = 'a') => coffer.call('DescribeSecret', { SecretId: name }),
    rotate: (input: Record<string, unknown> = {}) =>
      coffer.call('RotateSecret', { SecretId: 'a', RotationLambdaARN: FUNCTION, ...input }),
    names: () => coffer.events.map(({ name }) => name),
  }
}

export type Rotating = ReturnType<typeof makeRotating>

export const keyOf = (name: string) => ({ account: ACCOUNT, region: REGION, name })

/** A rotation function as the templates are: repeatable, and with a value of its own for each version. */
export const goodFunction =
  ({ call }: Pick<Coffer, 'call'>): StubFunction =>
  async ({ Step: step, SecretId, ClientRequestToken: id, RotationToken }) => {
    if (step === 'createSecret')
      await call('PutSecretValue', {
        SecretId,
        ClientRequestToken: id,
        SecretString: `made for ${id}`,
        VersionStages: ['AWSPENDING'],
        RotationToken,
      })
    if (step === 'finishSecret') await promote({ call }, SecretId, id)
    return undefined
  }

export async function promote({ call }: Pick<Coffer, 'call'>, SecretId: string, id: string): Promise<void> {
  const { VersionIdsToStages: stages } = (await call('DescribeSecret', { SecretId })) as {
    VersionIdsToStages: Record<string, string[]>
  }
  const current = Object.keys(stages).find((each) => stages[each]?.includes('AWSCURRENT'))
  if (current === id) return
  await call('UpdateSecretVersionStage', {
    SecretId,
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: id,
    RemoveFromVersionId: current,
  })
}

function runScript({ database }: Coffer, script: string): void {
  database.prepare(script).run()
}

export { token }
