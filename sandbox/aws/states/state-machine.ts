/**
 * State machines of the templates: `AWS::StepFunctions::StateMachine`.
 * @module
 */
import { trusts, type Role } from '../../iam/role.ts'
import type { Need } from '../service.ts'
import {
  objectOf,
  oneOrMany,
  optionalObject,
  optionalText,
  SandboxProblem,
  textOf,
  type JsonObject,
} from '../../json.ts'
import type { Resource } from '../../template/assembly.ts'
import type { Resolver } from '../../template/resolver.ts'
import { parseDefinition, type StateMachineDefinition } from './definition.ts'
import { isLambdaInvoke } from './lambda-task.ts'

export interface StateMachine {
  readonly name: string
  readonly arn: string
  readonly region: string
  readonly account: string
  readonly role: Role
  readonly definition: StateMachineDefinition
  /** What Step Functions does under the role besides the tasks: writing its log, tracing. */
  readonly standingNeeds: readonly Need[]
}

/** @throws {SandboxProblem} */
export function readStateMachine(
  resolver: Resolver,
  resource: Resource,
  roles: ReadonlyMap<string, Role>,
): StateMachine {
  const { logicalId } = resource
  const properties = resolver.properties(resource)
  for (const name of Object.keys(properties))
    if (!KNOWN.includes(name)) throw new SandboxProblem(`${logicalId}: the sandbox does not know the property ${name}`)
  const type = optionalText(properties.StateMachineType, `${logicalId}.StateMachineType`) ?? 'STANDARD'
  if (type !== 'STANDARD')
    throw new SandboxProblem(`${logicalId}: the sandbox knows state machines of the type STANDARD`)
  const role = roles.get(textOf(properties.RoleArn, `${logicalId}.RoleArn`))
  if (role === undefined) throw new SandboxProblem(`${logicalId}: its role is not in the templates`)
  const arn = resolver.attribute(logicalId, 'Arn')
  const { account } = resolver
  if (!trusts(role, 'states.amazonaws.com', { 'aws:SourceArn': arn, 'aws:SourceAccount': account }))
    throw new SandboxProblem(`${logicalId}: Step Functions may not take on the role ${role.name}`)
  const definition = parseDefinition(definitionText(properties, logicalId), logicalId)
  for (const state of definition.states.values())
    if (state.type === 'Task' && !isLambdaInvoke(state.resource))
      throw new SandboxProblem(`${logicalId} ${state.name}: the sandbox does not know the task ${state.resource}`)
  return {
    name: resolver.attribute(logicalId, 'Name'),
    arn,
    region: resolver.stack.region,
    account,
    role,
    definition,
    standingNeeds: [...loggingNeeds(properties, logicalId), ...tracingNeeds(properties, logicalId)],
  }
}

const KNOWN = [
  'Definition',
  'DefinitionString',
  'DefinitionSubstitutions',
  'LoggingConfiguration',
  'RoleArn',
  'StateMachineName',
  'StateMachineType',
  'Tags',
  'TracingConfiguration',
]

function definitionText(properties: JsonObject, logicalId: string): string {
  const { Definition: given, DefinitionString: text } = properties
  if ((given === undefined) === (text === undefined))
    throw new SandboxProblem(`${logicalId}: one of Definition and DefinitionString says what it does`)
  const whole =
    text === undefined ? JSON.stringify(objectOf(given, `${logicalId}.Definition`)) : textOf(text, logicalId)
  const values = optionalObject(properties.DefinitionSubstitutions, `${logicalId}.DefinitionSubstitutions`)
  return whole.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    if (!Object.hasOwn(values, name))
      throw new SandboxProblem(`${logicalId}: nothing is substituted for \${${name}} in its definition`)
    return JSON.stringify(String(values[name])).slice(1, -1)
  })
}

/** "Logging execution history", Step Functions developer guide: log deliveries have no resource types. */
const LOG_DELIVERY = [
  'CreateLogDelivery',
  'GetLogDelivery',
  'UpdateLogDelivery',
  'DeleteLogDelivery',
  'ListLogDeliveries',
  'PutResourcePolicy',
  'DescribeResourcePolicies',
  'DescribeLogGroups',
]

function loggingNeeds({ LoggingConfiguration: given }: JsonObject, logicalId: string): readonly Need[] {
  const place = `${logicalId}.LoggingConfiguration`
  const logging = optionalObject(given, place)
  if (given === undefined || logging.Level === 'OFF') return []
  for (const destination of oneOrMany(logging.Destinations))
    textOf(objectOf(objectOf(destination, place).CloudWatchLogsLogGroup, place).LogGroupArn, place)
  return LOG_DELIVERY.map((action) => ({ action: `logs:${action}`, resource: '*' }))
}

/** "X-Ray and Step Functions", Step Functions developer guide. */
const TRACING = ['PutTraceSegments', 'PutTelemetryRecords', 'GetSamplingRules', 'GetSamplingTargets']

function tracingNeeds({ TracingConfiguration: given }: JsonObject, logicalId: string): readonly Need[] {
  if (optionalObject(given, `${logicalId}.TracingConfiguration`).Enabled !== true) return []
  return TRACING.map((action) => ({ action: `xray:${action}`, resource: '*' }))
}
