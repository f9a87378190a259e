/**
 * Rotations as they go on AWS, in memory: the change feed's handler, the real starter, the state machine as it is synthesised, walked by the sandbox's interpreter, and the worker's handler in front of the
 * core's tasks. EventBridge Scheduler and Step Functions are a few lines each.
 * @module
 */
import { randomUUID } from 'node:crypto'
import type { DynamoDBRecord } from 'aws-lambda'
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  type CreateScheduleCommandInput,
  type SchedulerClient,
  type UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import type { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { RotationExecutions } from '../../lambda/adapters/aws/rotation/rotation-executions.ts'
import { RotationSchedules } from '../../lambda/adapters/aws/rotation/rotation-schedules.ts'
import { RotationStarter } from '../../lambda/adapters/aws/rotation/rotation-starter.ts'
import { sweepRotations } from '../../lambda/adapters/aws/rotation/sweep-rotations.ts'
import { wantedText } from '../../lambda/adapters/aws/rotation/wanted.ts'
import type { SecretHead } from '../../lambda/core/domain/secret.ts'
import type { SecretStore } from '../../lambda/core/ports/secret-store.ts'
import { rotationTasks } from '../../lambda/core/rotation/tasks.ts'
import { rotationWorkflow } from '../../lambda/core/rotation/workflow.ts'
import { changeFeedHandler } from '../../lambda/handlers/edge/change-feed-handler.ts'
import { rotationWorkerHandler } from '../../lambda/handlers/edge/rotation-worker-handler.ts'
import { stateMachineDefinition } from '../../lib/state-machine-definition.ts'
import { parseDefinition } from '../../sandbox/aws/states/definition.ts'
import { History } from '../../sandbox/aws/states/history.ts'
import { walk, type TaskResult } from '../../sandbox/aws/states/walk.ts'
import { Agenda } from '../../sandbox/events/agenda.ts'
import { ACCOUNT, REGION } from './coffer.ts'
import { makeRotating, type RotatingOptions } from './rotating-coffer.ts'

const WORKER = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:coffer-rotation-worker`
const place = { deployment: 'coffer', account: ACCOUNT, region: REGION }

export interface OnAwsOptions extends RotatingOptions {
  /** Instead of the worker's answer: what Lambda says of an invocation that broke. */
  readonly disturb?: (payload: { readonly task: string; readonly step?: string }) => TaskResult | undefined
}

export interface ExecutionSeen {
  readonly name: string
  readonly input: string
  readonly history: History
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'
}

export function makeRotatingOnAws({ disturb = () => undefined, ...options }: OnAwsOptions = {}) {
  const changes: DynamoDBRecord[] = []
  const coffer = makeRotating({ ...options, wrapStore: (store) => tellingChanges(store, changes) })
  const { clock, services } = coffer
  const agenda = new Agenda(clock)
  const definition = parseDefinition(
    JSON.stringify(stateMachineDefinition(rotationWorkflow, { partition: 'aws', workerArn: WORKER })),
    'the state machine',
  )
  const worker = rotationWorkerHandler({
    tasks: (noteFault) => rotationTasks({ services, patienceMs: 80 * 60_000, noteFault }),
    account: ACCOUNT,
    region: REGION,
  })
  const executions = new Map<string, ExecutionSeen>()
  const schedules = new Map<string, { readonly input: CreateScheduleCommandInput; readonly cancel: () => void }>()
  const calls: string[] = []
  let active = 0

  function startExecution(name: string, input: string): void {
    const seen: ExecutionSeen = { name, input, history: new History(), status: 'RUNNING' }
    executions.set(name, seen)
    active++
    const execution: unknown = JSON.parse(input)
    void walk({
      definition,
      input: execution,
      context: {
        Execution: { Id: `arn:aws:states:${REGION}:${ACCOUNT}:execution:coffer-rotation:${name}`, Input: execution },
      },
      agenda,
      history: seen.history,
      performTask: ({ parameters }) => invokeWorker(parameters),
      onRest: (isResting) => {
        active += isResting ? -1 : 1
      },
    }).then((outcome) => {
      seen.status = outcome.status
      active--
    })
  }

  async function invokeWorker(parameters: unknown): Promise<TaskResult> {
    const { Payload: payload } = parameters as { Payload: { task: string; step?: string } }
    const broken = disturb(payload)
    if (broken) return broken
    try {
      const answer = await worker(JSON.parse(JSON.stringify(payload)), { awsRequestId: randomUUID() })
      return { kind: 'returned', output: { StatusCode: 200, Payload: answer } }
    } catch (error) {
      const { name, message } = error as Error
      return { kind: 'failed', error: name, cause: JSON.stringify({ errorType: name, errorMessage: message }) }
    }
  }

  const sfn = {
    send: async (command: StartExecutionCommand) => {
      const { name = '', input = '' } = command.input
      calls.push('StartExecution')
      const known = executions.get(name)
      if (known && !(known.status === 'RUNNING' && known.input === input)) throw awsError('ExecutionAlreadyExists')
      if (!known) startExecution(name, input)
      return {}
    },
  } as unknown as SFNClient

  const scheduler = {
    send: async (command: CreateScheduleCommand | UpdateScheduleCommand | DeleteScheduleCommand) => {
      calls.push(command.constructor.name.replace('Command', ''))
      const name = command.input.Name ?? ''
      const known = schedules.get(name)
      if (command instanceof CreateScheduleCommand ? known : !known)
        throw awsError(known ? 'ConflictException' : 'ResourceNotFoundException')
      known?.cancel()
      schedules.delete(name)
      if (command instanceof DeleteScheduleCommand) return {}
      const { input } = command
      const [, at = ''] = /^at\((.*)\)$/.exec(input.ScheduleExpression ?? '') ?? []
      const cancel = agenda.at(Date.parse(`${at}Z`), () => {
        schedules.delete(name)
        startExecution(randomUUID(), input.Target?.Input ?? '')
      })
      schedules.set(name, { input, cancel })
      return {}
    },
  } as unknown as SchedulerClient

  const starter = new RotationStarter({
    schedules: new RotationSchedules({ client: scheduler, place, clock }),
    executions: new RotationExecutions({ client: sfn, place }),
    clock,
  })
  const feed = changeFeedHandler({
    services,
    starter,
    region: REGION,
    secretKeyOf: (keys) => ({ account: ACCOUNT, region: REGION, name: keys.pk?.S ?? '' }),
  })

  /** What is due now is done, and what it leads to. */
  async function drain(): Promise<void> {
    for (let isBusy = true; isBusy;) {
      const records = changes.splice(0)
      if (records.length > 0) await feed({ Records: records }, { awsRequestId: 'r' })
      await agenda.runDue()
      while (active > 0) await new Promise(setImmediate)
      isBusy = changes.length > 0 || (agenda.next ?? Infinity) <= clock.now()
    }
  }

  return {
    ...coffer,
    runner: { drain },
    starter,
    executions,
    schedules,
    /** Calls of Scheduler and Step Functions, by name. */
    calls,
    changes,
    sweep: () => sweepRotations({ ...services, starter }),
    /** Moves time from one moment at which something happens to the next. */
    pass: async (milliseconds: number) => {
      const until = clock.now() + milliseconds
      await drain()
      while ((agenda.next ?? Infinity) <= until) {
        clock.moveTo(agenda.next ?? until)
        await drain()
      }
      clock.moveTo(until)
      await drain()
    },
    startExecution,
  }
}

export type RotatingOnAws = ReturnType<typeof makeRotatingOnAws>

function tellingChanges(store: SecretStore, changes: DynamoDBRecord[]): SecretStore {
  const imageOf = (head: SecretHead | undefined) => {
    const rotates = head && wantedText(head)
    return { ...(rotates !== undefined && { rotates: { S: rotates } }), ...(head && { state: { S: head.state } }) }
  }
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (name !== 'commit') return typeof member === 'function' ? (member.bind(target) as unknown) : member
      return async (commit: Parameters<SecretStore['commit']>[0]) => {
        const before = (await target.load(commit.head.key))?.head
        const result = await target.commit(commit)
        // As the event source's filter has it.
        if (result === 'committed' && commit.head.rotation)
          changes.push({
            dynamodb: {
              Keys: { pk: { S: commit.head.key.name } },
              SequenceNumber: String(changes.length),
              ...(before && { OldImage: imageOf(before) }),
              NewImage: imageOf(commit.head),
            },
          })
        return result
      }
    },
  })
}

function awsError(name: string): Error {
  const error = new Error(name)
  error.name = name
  return error
}
