/**
 * The task `lambda:invoke` of state machines ("Invoke an AWS Lambda function with Step Functions"): under the machine's role, with Lambda's errors as Step Functions names them.
 * @module
 */
import { partitionOf } from '../../../lambda/core/domain/names.ts'
import type { FunctionHost } from '../../functions/function-host.ts'
import type { RoleGate } from '../../iam/role-gate.ts'
import { isObject, objectOf, optionalText, parseJson, SandboxProblem, textOf, type JsonObject } from '../../json.ts'
import type { Faults } from '../faults.ts'
import type { StateMachine } from './state-machine.ts'
import type { TaskCall, TaskResult } from './walk.ts'

export interface LambdaTaskOptions {
  readonly host: FunctionHost
  readonly gate: RoleGate
  readonly faults: Faults
}

export const isLambdaInvoke = (resource: string): boolean => /^arn:[a-z-]+:states:::lambda:invoke$/.test(resource)

/** @throws {SandboxProblem} for parameters that are not known */
export async function invokeLambda(
  machine: StateMachine,
  { parameters, state }: TaskCall,
  { host, gate, faults }: LambdaTaskOptions,
): Promise<TaskResult> {
  const { FunctionName, Payload, Qualifier, ...others } = objectOf(parameters, `${state}.Parameters`)
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new SandboxProblem(`${state}: the sandbox does not know the parameter ${unknown}`)
  const { region, account, name } = machine
  const given = textOf(FunctionName, `${state}.FunctionName`)
  const arn = given.startsWith('arn:')
    ? given
    : `arn:${partitionOf(region)}:lambda:${region}:${account}:function:${given}`
  const qualifier = optionalText(Qualifier, `${state}.Qualifier`)
  const resource = qualifier === undefined ? arn : `${arn}:${qualifier}`
  const refusal = gate.refusalOf(machine, { action: 'lambda:InvokeFunction', resource })
  if (refusal !== undefined) return failed('Lambda.AWSLambdaException', refusal)
  const fault = faults.take({ service: 'lambda', operation: 'Invoke', function: name })
  if (fault?.code !== undefined) return failed(`Lambda.${fault.code}`, fault.message)
  const definition = host.find(arn)
  if (definition === undefined) return failed('Lambda.ResourceNotFoundException', `Function not found: ${arn}`)
  const outcome = await host.invoke(definition, JSON.stringify(Payload ?? {}))
  if (outcome.kind === 'refused') return failed(`Lambda.${outcome.code}`, outcome.message)
  if (outcome.functionError !== undefined) return failed(errorTypeIn(outcome.payload), outcome.payload)
  return { kind: 'returned', output: resultOf(outcome) }
}

const failed = (error: string, cause: string): TaskResult => ({ kind: 'failed', error, cause })

/** What an answer of Lambda becomes: the payload as JSON, and what came with it. */
const resultOf = ({ payload, requestId }: { payload: string; requestId: string }): JsonObject => ({
  ExecutedVersion: '$LATEST',
  Payload: parseJson(payload) ?? payload,
  SdkHttpMetadata: {
    AllHttpHeaders: { 'X-Amz-Executed-Version': ['$LATEST'], 'x-amzn-RequestId': [requestId] },
    HttpHeaders: { 'Content-Length': String(Buffer.byteLength(payload)), 'x-amzn-RequestId': requestId },
    HttpStatusCode: 200,
  },
  SdkResponseMetadata: { RequestId: requestId },
  StatusCode: 200,
})

function errorTypeIn(payload: string): string {
  const document = parseJson(payload)
  const type = isObject(document) ? document.errorType : undefined
  return typeof type === 'string' && type !== '' ? type : 'Lambda.Unknown'
}
