/**
 * Rotations in the deployment, from RotateSecret through the synthesised state machine and back, and what schedules, faults and the sweeper make of them.
 * @module
 */
import { KMS } from '@aws-sdk/client-kms'
import type { CreateSecretRequest, SecretsManager } from '@aws-sdk/client-secrets-manager'
import { createSecretsManager } from '../../../client/create-client.ts'
import { abortRotation, resumeRotation, showRotation } from '../../../local/cli/rotation.ts'
import type { CofferPlace } from '../../../local/cli/coffer-call.ts'
import type { HistoryEvent } from '../../../sandbox/aws/states/history.ts'
import { secretValue, uniqueName, versionId } from '../../conformance/target.ts'
import { ADMIN, type ChildSandbox } from './child-sandbox.ts'
import { rotatingFunction, type RotatingFunction } from './rotating-function.ts'
import { withStranger } from './stranger.ts'

const MINUTE = 60_000
const DAY = 86_400_000
export const FOUR_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret']
const MACHINE = 'coffer-rotation'
const SCHEDULER = 'EventBridge Scheduler'

interface ShownExecution {
  readonly name: string
  readonly stateMachine: string
  readonly status: string
  readonly input: string
  readonly error?: string
  readonly history: readonly HistoryEvent[]
}

interface ShownMessage {
  readonly subject: string
  readonly message: string
  readonly attributes: Readonly<Record<string, string>>
}

interface ShownSchedule {
  readonly name: string
  readonly expression: string
  readonly input: string
}

export class RotationStories {
  readonly sandbox: ChildSandbox
  readonly client: SecretsManager
  readonly function: RotatingFunction
  #functionArn = ''

  /** @param folder of the test */
  constructor(sandbox: ChildSandbox, folder: string) {
    this.sandbox = sandbox
    const { url, regions } = sandbox.welcome
    this.client = createSecretsManager({ endpoint: url, region: regions[0]!, credentials: ADMIN, maxAttempts: 1 })
    this.function = rotatingFunction(folder)
  }

  async begin(): Promise<void> {
    const { arn } = await this.sandbox.admin<{ arn: string }>('POST', '/functions', this.function.wish('rotator'))
    this.#functionArn = arn
    // Its role is new: the deployment looks for the account's roles every minute.
    await this.sandbox.advanceClock(MINUTE)
  }

  /** One after another. */
  async all(): Promise<void> {
    const secret = await this.firstRotation()
    await this.scheduledRotation(secret)
    await this.duplicateDelivery(secret)
    await this.lostSchedule(secret)
    await this.undeliveredSchedule(secret)
    await this.brokenExecution()
    await this.failingFunction()
    await this.cancelled()
    await this.endedInMidTest()
    await this.abandoned()
    await this.bigSecret()
    await this.managedRotation()
    await this.administered()
    await this.refusedFunctions()
  }

  /** Asked for, and planned from then on: four steps, another value, the next date, a schedule. @returns the secret */
  async firstRotation(): Promise<string> {
    const { client } = this
    const { secret, value } = await this.#secret('first')
    const { VersionId } = await this.#rotate(secret, { RotationRules: { AutomaticallyAfterDays: 30 } })
    await this.#settle()
    expect(this.function.stepsOf(secret)).toEqual(FOUR_STEPS)
    const described = await client.describeSecret({ SecretId: secret })
    expect(described).toMatchObject({ RotationEnabled: true, RotationLambdaARN: this.#functionArn })
    expect(described.VersionIdsToStages?.[VersionId!]).toContain('AWSCURRENT')
    expect(described.LastRotatedDate).toBeInstanceOf(Date)
    const now = await this.#now()
    const lastDay = Math.floor(now / DAY) * DAY + 31 * DAY - 1000
    expect(described.NextRotationDate?.getTime()).toBe(lastDay)
    expect(await this.#valueOf(secret)).not.toBe(value)
    expect((await this.#executionsOf(secret)).map(({ status }) => status)).toEqual(['SUCCEEDED'])
    const [schedule, ...others] = await this.#schedulesOf(secret)
    expect(others).toEqual([])
    const at = Date.parse(`${schedule!.expression.slice(3, -1)}Z`)
    expect(at).toBeGreaterThan(now + 28 * DAY)
    expect(at).toBeLessThanOrEqual(lastDay + 1000)
    expect(await this.#eventsOf(secret)).toEqual(['RotationStarted', 'RotationSucceeded'])
    return secret
  }

  /** The month is over: the schedule fires, and the next one is armed. */
  async scheduledRotation(secret: string): Promise<void> {
    const before = await this.#valueOf(secret)
    const done = this.function.stepsOf(secret).length
    const executions = (await this.#executionsOf(secret)).length
    await this.sandbox.advanceClock(31 * DAY)
    expect(this.function.stepsOf(secret).slice(done)).toEqual(FOUR_STEPS)
    expect(await this.#valueOf(secret)).not.toBe(before)
    const { NextRotationDate } = await this.client.describeSecret({ SecretId: secret })
    expect(NextRotationDate!.getTime()).toBeGreaterThan(await this.#now())
    expect(await this.#schedulesOf(secret)).toHaveLength(1)
    expect(await this.#executionsOf(secret)).toHaveLength(executions + 1)
  }

  /** Scheduler delivers once at least: the second time nothing comes of it. */
  async duplicateDelivery(secret: string): Promise<void> {
    const done = this.function.stepsOf(secret).length
    const executions = (await this.#executionsOf(secret)).length
    await this.#deliver('twice')
    await this.sandbox.advanceClock(31 * DAY)
    await this.#deliver('once')
    expect(this.function.stepsOf(secret).slice(done)).toEqual(FOUR_STEPS)
    const after = await this.#executionsOf(secret)
    expect(after.slice(executions).map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
  }

  /** A schedule that never fires: the sweeper finds out. */
  async lostSchedule(secret: string): Promise<void> {
    await this.#deliver('never')
    await this.#repaired(secret, () => this.#deliver('once'))
  }

  /** The target is not allowed for a while: the dead-letter queue has it, and the sweeper repairs it. */
  async undeliveredSchedule(secret: string): Promise<void> {
    await this.#fault({
      service: 'states',
      operation: 'StartExecution',
      function: SCHEDULER,
      code: 'AccessDeniedException',
      status: 400,
    })
    await this.#repaired(secret, () => this.#noFaults())
    const { lostInvocations } = await this.sandbox.report()
    expect(lostInvocations).toMatchObject([
      {
        group: 'coffer',
        code: 'AccessDeniedException',
        destination: expect.stringMatching(/:coffer-dead-letters$/) as string,
      },
    ])
  }

  /** An execution that breaks before it has taken the start up, whatever is tried: the sweeper starts another one. */
  async brokenExecution(): Promise<void> {
    const { secret } = await this.#secret('broken')
    await this.#fault({
      service: 'lambda',
      operation: 'Invoke',
      function: MACHINE,
      code: 'ServiceException',
      status: 500,
    })
    await this.#rotate(secret)
    await this.#settle()
    await this.sandbox.advanceClock(10 * MINUTE)
    const [first] = await this.#executionsOf(secret)
    expect([first?.status, first?.error]).toEqual(['FAILED', 'Lambda.ServiceException'])
    expect(this.function.stepsOf(secret)).toEqual([])
    await this.#noFaults()
    await this.#swept()
    expect(this.function.stepsOf(secret)).toEqual(FOUR_STEPS)
    const statuses = (await this.#executionsOf(secret)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 'SUCCEEDED')).toHaveLength(1)
    expect(statuses).not.toContain('RUNNING')
  }

  /** Tried again by the clock, given up, told of each time; a new start is refused until somebody tidies up. */
  async failingFunction(): Promise<void> {
    const { client } = this
    const { secret, value } = await this.#secret('failing')
    this.function.failIn('setSecret')
    const { VersionId } = await this.#rotate(secret, { RotationRules: { AutomaticallyAfterDays: 7 } })
    await this.#settle()
    expect(this.function.stepsOf(secret)).toEqual(['createSecret', 'setSecret'])
    const [waiting] = await this.#executionsOf(secret)
    expect(waiting?.status).toBe('RUNNING')
    await this.sandbox.advanceClock(MINUTE + 1000)
    expect(this.function.stepsOf(secret)).toHaveLength(4)
    await this.sandbox.advanceClock(3 * 60 * MINUTE)
    const attempts = this.function.stepsOf(secret).length / 2
    expect(attempts).toBe(5)
    const [failed, ...others] = await this.#executionsOf(secret)
    expect([failed?.status, failed?.error, others]).toEqual(['FAILED', 'RotationFailed', []])
    expect(await this.#eventsOf(secret)).toEqual(['RotationStarted', ...Array<string>(attempts).fill('RotationFailed')])
    const [, first] = await this.#messagesOf(secret)
    expect(JSON.parse(first!.message)).toMatchObject({
      errorMessage: `Error when executing lambda ${this.#functionArn} during setSecret step`,
      additionalEventData: { Step: 'setSecret', Attempt: 1, RetryTime: expect.any(String) as string },
    })
    expect(first!.attributes).toMatchObject({ event: 'RotationFailed', severity: 'error' })
    expect(await this.#valueOf(secret)).toBe(value)
    await expect(this.#rotate(secret)).rejects.toMatchObject({ name: 'InvalidRequestException' })

    this.function.failIn(undefined)
    await client.cancelRotateSecret({ SecretId: secret })
    await client.updateSecretVersionStage({
      SecretId: secret,
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: VersionId,
    })
    await this.#rotate(secret)
    await this.#settle()
    expect(await this.#valueOf(secret)).not.toBe(value)
  }

  /** While an attempt is waited for, CancelRotateSecret ends it; of a planned rotation the schedule goes. */
  async cancelled(): Promise<void> {
    const { secret, value } = await this.#secret('cancelled')
    await this.#rotate(secret, { RotateImmediately: false, RotationRules: { ScheduleExpression: 'rate(10 days)' } })
    await this.#settle()
    expect(this.function.stepsOf(secret)).toEqual(['testSecret'])
    expect(await this.#eventsOf(secret)).toEqual(['TestRotationStarted', 'TestRotationSucceeded'])
    expect(await this.#schedulesOf(secret)).toHaveLength(1)
    await this.client.cancelRotateSecret({ SecretId: secret })
    await this.#settle()
    expect(await this.#schedulesOf(secret)).toEqual([])
    await this.sandbox.advanceClock(12 * DAY)
    expect(this.function.stepsOf(secret)).toEqual(['testSecret'])
    expect(await this.#valueOf(secret)).toBe(value)
  }

  /** CancelRotateSecret and DeleteSecret end what is running; the copy that was made for a test goes. */
  async endedInMidTest(): Promise<void> {
    const { client } = this
    const cancelled = await this.#hangingTest('cancelled-test')
    await client.cancelRotateSecret({ SecretId: cancelled })
    const deleted = await this.#hangingTest('deleted-test')
    await client.deleteSecret({ SecretId: deleted, RecoveryWindowInDays: 7 })
    this.function.failIn(undefined)
    await this.#settle()
    for (const SecretId of [cancelled, deleted]) {
      const { Versions } = await client.listSecretVersionIds({ SecretId, IncludeDeprecated: true })
      expect(Versions).toHaveLength(1)
      expect((await this.#executionsOf(SecretId)).map(({ status }) => status)).toEqual(['SUCCEEDED'])
    }
  }

  /** A new value by hand, while the next attempt is waited for. */
  async abandoned(): Promise<void> {
    const { client } = this
    this.function.failIn('setSecret')
    const byHand = [
      (SecretId: string) => client.putSecretValue({ SecretId, SecretString: secretValue('by hand') }),
      (SecretId: string) => client.updateSecret({ SecretId, SecretString: secretValue('by hand') }),
    ]
    for (const write of byHand) {
      const { secret } = await this.#secret('abandoned')
      await this.#rotate(secret)
      await this.#settle()
      await write(secret)
      await this.sandbox.advanceClock(2 * MINUTE)
      expect(this.function.stepsOf(secret)).toEqual(['createSecret', 'setSecret'])
      expect(await this.#eventsOf(secret)).toEqual(['RotationStarted', 'RotationFailed', 'RotationAbandoned'])
      const { VersionIdsToStages } = await client.describeSecret({ SecretId: secret })
      expect(Object.values(VersionIdsToStages!).flat()).not.toContain('AWSPENDING')
    }
    this.function.failIn(undefined)
  }

  /** Big values are items of their own: a test copies one, and what was copied goes again. Under a customer's key, which the worker asks about as everybody does. */
  async bigSecret(): Promise<void> {
    const { secret, value } = await this.#secret('big', {
      value: secretValue('big').padEnd(20_000, '.'),
      KmsKeyId: await this.#customerKey(),
    })
    await this.#rotate(secret, { RotateImmediately: false, RotationRules: { AutomaticallyAfterDays: 100 } })
    await this.#settle()
    expect(this.function.stepsOf(secret)).toEqual(['testSecret'])
    expect(await this.#valueOf(secret)).toBe(value)
    await this.#rotate(secret)
    await this.#settle()
    expect(await this.#valueOf(secret)).not.toBe(value)
    await this.client.deleteSecret({ SecretId: secret })
    await this.#settle()
    expect(await this.#schedulesOf(secret)).toEqual([])
  }

  /** The deployment's own function, with the strategy that needs no database. */
  async managedRotation(): Promise<void> {
    const { account, regions } = this.sandbox.welcome
    const value = JSON.stringify({ password: secretValue('managed') })
    const AddReplicaRegions = [{ Region: regions[1]! }]
    const { secret } = await this.#secret('managed', { value, KmsKeyId: await this.#customerKey(), AddReplicaRegions })
    const before = this.function.events().length
    await this.#rotate(secret, {
      RotationLambdaARN: `arn:aws:lambda:${regions[0]!}:${account}:function:coffer-managed-rotation`,
      RotationRules: { AutomaticallyAfterDays: 100 },
      ExternalSecretRotationMetadata: [
        { Key: 'strategy', Value: 'generic' },
        { Key: 'field', Value: 'password' },
      ],
    })
    await this.#settle()
    const events = await this.#eventsOf(secret)
    expect(events.filter((event) => event.startsWith('Rotation'))).toEqual(['RotationStarted', 'RotationSucceeded'])
    const { password } = JSON.parse(await this.#valueOf(secret)) as { password: string }
    expect(password).toHaveLength(32)
    // What is rotated is in the copy, too.
    const { ReplicationStatus } = await this.client.describeSecret({ SecretId: secret })
    expect(ReplicationStatus).toMatchObject([{ Region: regions[1], Status: 'InSync' }])
    expect(this.function.events()).toHaveLength(before)
  }

  /** A function that there is not, one that does not let the service in, and one of the deployment. */
  async refusedFunctions(): Promise<void> {
    const { account, regions } = this.sandbox.welcome
    await this.sandbox.admin('POST', '/functions', this.function.wish('closed', { policy: null }))
    const { secret, value } = await this.#secret('refused')
    for (const name of ['nobody', 'closed', 'coffer-get-secret-value']) {
      const RotationLambdaARN = `arn:aws:lambda:${regions[0]!}:${account}:function:${name}`
      await expect(this.#rotate(secret, { RotationLambdaARN })).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining('cannot invoke the specified Lambda function') as string,
      })
    }
    await this.#settle()
    expect((await this.client.describeSecret({ SecretId: secret })).RotationEnabled ?? false).toBe(false)
    expect(await this.#valueOf(secret)).toBe(value)
  }

  /** The recorder, and what people do with what it shows: give up what waits for another attempt, go on from the step that failed. */
  async administered(): Promise<void> {
    const { secret, value } = await this.#secret('administered')
    const place = this.#place(ADMIN)
    this.function.failIn('setSecret')
    await this.#rotate(secret)
    await this.#settle()
    const shown = JSON.parse(await showRotation(place, secret, { json: true })) as {
      rotations: { attempts: object[] }[]
    }
    expect(shown.rotations[0]?.attempts).toHaveLength(1)
    await abortRotation(place, secret)
    await this.#settle()
    expect(await this.#eventsOf(secret)).toEqual(['RotationStarted', 'RotationFailed', 'RotationAbandoned'])
    const { VersionIdsToStages } = await this.client.describeSecret({ SecretId: secret })
    expect(Object.values(VersionIdsToStages!).flat()).not.toContain('AWSPENDING')
    // The execution finds out when its wait is over.
    await this.sandbox.advanceClock(2 * MINUTE)
    expect((await this.#executionsOf(secret)).map(({ status }) => status)).toEqual(['SUCCEEDED'])

    await this.#rotate(secret)
    await this.sandbox.advanceClock(3 * 60 * MINUTE)
    expect((await this.#executionsOf(secret)).at(-1)?.status).toBe('FAILED')
    this.function.failIn(undefined)
    const done = this.function.stepsOf(secret).length
    await resumeRotation(place, secret, { flags: { wait: false }, print: () => undefined })
    await this.#settle()
    expect(this.function.stepsOf(secret).slice(done)).toEqual(['setSecret', 'testSecret', 'finishSecret'])
    expect(await this.#valueOf(secret)).not.toBe(value)
    await this.#abortedTest()
    await this.#refusedToStranger(secret)
  }

  /** The copy that was made for it goes. */
  async #abortedTest(): Promise<void> {
    const secret = await this.#hangingTest('aborted-test')
    await abortRotation(this.#place(ADMIN), secret)
    this.function.failIn(undefined)
    await this.#settle()
    const { Versions } = await this.client.listSecretVersionIds({ SecretId: secret, IncludeDeprecated: true })
    expect(Versions).toHaveLength(1)
  }

  /** @returns a secret whose test does not come to an end until the function is told something else */
  async #hangingTest(name: string): Promise<string> {
    const { secret } = await this.#secret(name)
    this.function.hangIn('testSecret')
    await this.#rotate(secret, { RotateImmediately: false })
    for (let left = 500; this.function.stepsOf(secret).length === 0; left--) {
      expect(left).toBeGreaterThan(0)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return secret
  }

  /** Somebody whom nobody knows yet, and who may call the API and nothing else. */
  #refusedToStranger(secret: string): Promise<void> {
    return withStranger(this.sandbox, (stranger) =>
      expect(showRotation(this.#place(stranger), secret, {})).rejects.toThrow(
        /not authorized to perform: coffer:ShowRotation/,
      ),
    )
  }

  #place({ accessKeyId, secretAccessKey }: typeof ADMIN): CofferPlace {
    const { url, regions } = this.sandbox.welcome
    return {
      flags: { url, region: regions[0]! },
      environment: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    }
  }

  /** All that is kept of executions, messages and logs, and each RotationToken that there was. */
  async traces(): Promise<{ readonly texts: Record<string, string>; readonly tokens: readonly string[] }> {
    const shown = await Promise.all(
      ['/executions', '/messages', '/schedules', '/report', '/logs'].map(async (path) => [
        path,
        JSON.stringify(await this.sandbox.admin('GET', path)),
      ]),
    )
    return {
      texts: { ...(Object.fromEntries(shown) as Record<string, string>), output: this.sandbox.output },
      tokens: this.function.events().map(({ RotationToken }) => RotationToken),
    }
  }

  end(): void {
    this.client.destroy()
  }

  async #secret(
    name: string,
    { value = secretValue(name), ...more }: { readonly value?: string } & Partial<CreateSecretRequest> = {},
  ): Promise<{ secret: string; value: string }> {
    const Name = uniqueName(`rotation/${name}`)
    const { ARN } = await this.client.createSecret({ Name, SecretString: value, ...more })
    return { secret: ARN!, value }
  }

  async #customerKey(): Promise<string> {
    const { kmsUrl, regions } = this.sandbox.welcome
    const kms = new KMS({ endpoint: kmsUrl, region: regions[0]!, credentials: ADMIN, maxAttempts: 1 })
    const { KeyMetadata } = await kms.createKey({})
    kms.destroy()
    return KeyMetadata!.Arn!
  }

  #rotate(SecretId: string, more: object = {}) {
    return this.client.rotateSecret({
      SecretId,
      ClientRequestToken: versionId('rotation'),
      RotationLambdaARN: this.#functionArn,
      ...more,
    })
  }

  async #valueOf(SecretId: string): Promise<string> {
    return (await this.client.getSecretValue({ SecretId })).SecretString!
  }

  /** Its next start is lost; when the sweeper looks, `mend` has been done. */
  async #repaired(secret: string, mend: () => Promise<unknown>): Promise<void> {
    const done = this.function.stepsOf(secret).length
    const before = await this.#valueOf(secret)
    const { NextRotationDate } = await this.client.describeSecret({ SecretId: secret })
    const [schedule] = await this.#schedulesOf(secret)
    const firesAt = Date.parse(`${schedule!.expression.slice(3, -1)}Z`)
    expect(firesAt).toBeLessThanOrEqual(NextRotationDate!.getTime() + 1000)
    await this.sandbox.advanceClock(firesAt + MINUTE - (await this.#now()))
    expect(this.function.stepsOf(secret)).toHaveLength(done)
    expect(await this.#schedulesOf(secret)).toEqual([])
    await mend()
    await this.#swept()
    expect(this.function.stepsOf(secret).slice(done)).toEqual(FOUR_STEPS)
    expect(await this.#valueOf(secret)).not.toBe(before)
    expect(await this.#schedulesOf(secret)).toHaveLength(1)
  }

  /** Long enough for the sweeper to find what is due since ten minutes. */
  async #swept(): Promise<void> {
    for (let time = 0; time < 3; time++) await this.sandbox.advanceClock(10 * MINUTE)
  }

  async #executionsOf(secret: string): Promise<readonly ShownExecution[]> {
    const { executions } = await this.sandbox.admin<{ executions: ShownExecution[] }>('GET', '/executions')
    return executions.filter(({ stateMachine, input }) => stateMachine === MACHINE && isAbout(input, secret))
  }

  async #schedulesOf(secret: string): Promise<readonly ShownSchedule[]> {
    const { schedules } = await this.sandbox.admin<{ schedules: ShownSchedule[] }>('GET', '/schedules')
    return schedules.filter(({ input }) => isAbout(input, secret))
  }

  async #messagesOf(secret: string): Promise<readonly ShownMessage[]> {
    const { messages } = await this.sandbox.admin<{ messages: ShownMessage[] }>('GET', '/messages')
    return messages.filter(({ message }) => message.includes(secret))
  }

  async #eventsOf(secret: string): Promise<readonly string[]> {
    return (await this.#messagesOf(secret)).map(({ attributes }) => attributes.event!)
  }

  async #now(): Promise<number> {
    const { now } = await this.sandbox.admin<{ now: string }>('POST', '/clock', { advance: 0 })
    return Date.parse(now)
  }

  #settle(): Promise<unknown> {
    return this.sandbox.admin('POST', '/settle')
  }

  #deliver(deliver: string): Promise<unknown> {
    return this.sandbox.admin('POST', '/schedules', { deliver })
  }

  #fault(fault: object): Promise<unknown> {
    return this.sandbox.admin('POST', '/faults', fault)
  }

  #noFaults(): Promise<unknown> {
    return this.sandbox.admin('DELETE', '/faults')
  }
}

/** An execution's input names the secret by its name and the suffix of its ARN. */
function isAbout(input: string, secretArn: string): boolean {
  const { name, suffix } = JSON.parse(input) as { name: string; suffix: string }
  return secretArn.endsWith(`:secret:${name}-${suffix}`)
}
