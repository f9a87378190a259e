/**
 * Step Functions as the functions call it.
 * @module
 */
import { parseJson, type JsonObject } from '../../json.ts'
import {
  jsonError,
  readJsonCall,
  type AwsAnswer,
  type AwsOperation,
  type AwsRequest,
  type AwsService,
} from '../service.ts'
import type { Execution, Executions } from './executions.ts'
import type { StateMachine } from './state-machine.ts'

const CONTENT_TYPE = 'application/x-amz-json-1.0'
const PREFIX = 'AWSStepFunctions'

/** Step Functions quotas: the input of an execution. */
const INPUT_LIMIT = 262_144
/** StartExecution, Step Functions API reference: what a name may not have. */
const NO_NAME = /[\s<>{}[\]?*"#%\\^|~`$&,;:/]|\p{Cc}/u
const LONGEST_NAME = 80

type Run = (service: StatesService, input: JsonObject) => AwsAnswer

interface OperationRow {
  /** Which ARN the permission is about. */
  readonly resource: 'stateMachineArn' | 'executionArn'
  readonly run: Run
}

export interface StatesServiceOptions {
  readonly machines: readonly StateMachine[]
  readonly executions: Executions
}

export class StatesService implements AwsService {
  readonly signingName = 'states'
  readonly actionPrefix = 'states'
  readonly operations = Object.keys(OPERATIONS)
  readonly deniedStatus = 400
  readonly #machines: ReadonlyMap<string, StateMachine>
  readonly executions: Executions

  constructor({ machines, executions }: StatesServiceOptions) {
    this.#machines = new Map(machines.map((machine) => [machine.arn, machine]))
    this.executions = executions
  }

  error(status: number, code: string, message: string): AwsAnswer {
    return jsonError(status, code, message, {
      contentType: CONTENT_TYPE,
      namespace: 'com.amazonaws.swf.service.v2.model#',
    })
  }

  machine(arn: unknown): StateMachine | undefined {
    return typeof arn === 'string' ? this.#machines.get(arn) : undefined
  }

  read(request: AwsRequest): AwsOperation | undefined {
    const call = readJsonCall(request, PREFIX)
    const operation = call && Object.hasOwn(OPERATIONS, call.name) ? OPERATIONS[call.name] : undefined
    if (call === undefined || operation === undefined) return undefined
    const { name, input } = call
    return {
      name,
      needs: [{ action: `states:${name}`, resource: String(input[operation.resource]) }],
      perform: async () => operation.run(this, input),
    }
  }

  start(machine: StateMachine, input: JsonObject): AwsAnswer {
    const { name, input: text = '{}' } = input
    if (name !== undefined && !isName(name)) return this.error(400, 'InvalidName', 'Invalid Name')
    if (typeof text !== 'string' || Buffer.byteLength(text) > INPUT_LIMIT || parseJson(text) === undefined)
      return this.error(400, 'InvalidExecutionInput', 'Invalid State Machine Execution Input')
    const started = this.executions.start(machine, { input: text, ...(name !== undefined && { name }) })
    if (started.kind === 'taken')
      return this.error(400, 'ExecutionAlreadyExists', `Execution Already Exists: '${started.arn}'`)
    const { arn, startedAt } = started.execution
    return success({ executionArn: arn, startDate: startedAt / 1000 })
  }

  /** @param act on an execution that there is */
  onExecution({ executionArn: arn }: JsonObject, act: (execution: Execution) => JsonObject): AwsAnswer {
    const execution = this.executions.find(String(arn))
    if (execution === undefined)
      return this.error(400, 'ExecutionDoesNotExist', `Execution Does Not Exist: '${String(arn)}'`)
    return success(act(execution))
  }
}

const isName = (name: unknown): name is string =>
  typeof name === 'string' && name.length > 0 && name.length <= LONGEST_NAME && !NO_NAME.test(name)

const onMachine =
  (act: (service: StatesService, machine: StateMachine, input: JsonObject) => AwsAnswer): Run =>
  (service, input) => {
    const machine = service.machine(input.stateMachineArn)
    if (machine !== undefined) return act(service, machine, input)
    return service.error(
      400,
      'StateMachineDoesNotExist',
      `State Machine Does Not Exist: '${String(input.stateMachineArn)}'`,
    )
  }

const OPERATIONS: Readonly<Record<string, OperationRow>> = {
  StartExecution: {
    resource: 'stateMachineArn',
    run: onMachine((service, machine, input) => service.start(machine, input)),
  },
  DescribeExecution: {
    resource: 'executionArn',
    run: (service, input) => service.onExecution(input, described),
  },
  StopExecution: {
    resource: 'executionArn',
    run: (service, input) =>
      service.onExecution(input, ({ arn }) => {
        const { error, cause } = input
        const stoppedAt = service.executions.stop(arn, {
          ...(typeof error === 'string' && { error }),
          ...(typeof cause === 'string' && { cause }),
        })
        return { stopDate: stoppedAt / 1000 }
      }),
  },
  ListExecutions: {
    resource: 'stateMachineArn',
    run: onMachine((service, { arn }, { statusFilter, maxResults = 100 }) => {
      const found = service.executions.all
        .filter(({ machine, status }) => machine.arn === arn && status === (statusFilter ?? status))
        .reverse()
      return success({ executions: found.slice(0, Number(maxResults)).map(summary) })
    }),
  },
}

const summary = ({ arn, name, machine, status, startedAt, endedAt }: Execution): JsonObject => ({
  executionArn: arn,
  name,
  stateMachineArn: machine.arn,
  status,
  startDate: startedAt / 1000,
  ...(endedAt !== undefined && { stopDate: endedAt / 1000 }),
})

const described = (execution: Execution): JsonObject => {
  const { input, output, error, cause } = execution
  return {
    ...summary(execution),
    input,
    ...(output !== undefined && { output }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
  }
}

const success = (body: JsonObject): AwsAnswer => ({
  status: 200,
  headers: { 'content-type': CONTENT_TYPE },
  body: JSON.stringify(body),
})
