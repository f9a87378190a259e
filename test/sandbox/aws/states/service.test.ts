import { SFN } from '@aws-sdk/client-sfn'
import { readStateMachine } from '../../../../sandbox/aws/states/state-machine.ts'
import { StatesService } from '../../../../sandbox/aws/states/service.ts'
import { rolesOf } from '../../../../sandbox/iam/role.ts'
import { definitionOf, hostFixture } from '../../support/fixture-functions.ts'
import { resolverOf } from '../../support/fixture-stack.ts'
import { trust, workDefinition, workflowFixture, workflowResources } from '../../support/fixture-workflow.ts'
import { serviceEndpoint, type ServiceEndpoint } from '../../support/service-endpoint.ts'

const DAY = 86_400_000
const { host, define } = hostFixture()
const fixture = workflowFixture(host)
const { machine, executions, advance, ledger, gate, faults } = fixture
const caller = definitionOf('caller', ['states:*'])
let endpoint: ServiceEndpoint
let sfn: SFN
beforeAll(async () => {
  define(
    'worker',
    'exports.handler = async ({ run }) => { if (run < 0) throw new RangeError("no"); return { seconds: run } }',
  )
  const service = new StatesService({ machines: [machine], executions })
  endpoint = await serviceEndpoint({ service, caller, gate })
  sfn = new SFN(endpoint.client)
})
afterAll(async () => {
  sfn.destroy()
  await endpoint.close()
})
const start = (name: string, run: number) =>
  sfn.startExecution({ stateMachineArn: machine.arn, name, input: JSON.stringify({ run }) })
const typesOf = (arn: string) => executions.find(arn)?.history.map(({ type }) => type)

describe('executions, by the stock client', () => {
  it('go through their states, rest in their waits, and end as the clock is moved', async () => {
    const { executionArn } = await start('walks', 60)
    await executions.idle()
    expect(await sfn.describeExecution({ executionArn })).toMatchObject({
      executionArn: 'arn:aws:states:eu-central-1:111122223333:execution:work:walks',
      status: 'RUNNING',
      input: '{"run":60}',
    })
    await advance(59_999)
    expect((await sfn.describeExecution({ executionArn })).status).toBe('RUNNING')
    await advance(1)
    const { status, output, stopDate } = await sfn.describeExecution({ executionArn })
    expect([status, output, stopDate]).toEqual(['SUCCEEDED', '{"run":60,"result":{"seconds":60}}', expect.any(Date)])
    expect(typesOf(executionArn!)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskSucceeded',
      'TaskStateExited',
      'WaitStateEntered',
      'WaitStateExited',
      'ExecutionSucceeded',
    ])
  })

  it('a name that runs with the same input is the same execution; with another, or after its end, it is taken for 90 days', async () => {
    const first = await start('named', 5)
    await executions.idle()
    expect(await start('named', 5)).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate })
    await expect(start('named', 6)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await advance(5000)
    await expect(start('named', 5)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await advance(90 * DAY - 1)
    await expect(start('named', 5)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await advance(1)
    await start('named', 0)
    await executions.idle()
    const listed = await sfn.listExecutions({ stateMachineArn: machine.arn, statusFilter: 'SUCCEEDED' })
    expect(listed.executions?.map(({ name }) => name)).toEqual(expect.arrayContaining(['named', 'walks']))
  })

  it('are stopped', async () => {
    const { executionArn } = await start('stopped', 1000)
    await executions.idle()
    await sfn.stopExecution({ executionArn, error: 'Mine', cause: 'enough' })
    await executions.idle()
    expect(await sfn.describeExecution({ executionArn })).toMatchObject({
      status: 'ABORTED',
      error: 'Mine',
      cause: 'enough',
    })
  })

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a machine that there is not',
      () => sfn.startExecution({ stateMachineArn: `${machine.arn}x` }),
      'StateMachineDoesNotExist',
    ],
    ['a bad name', () => sfn.startExecution({ stateMachineArn: machine.arn, name: 'a b' }), 'InvalidName'],
    ['a name of 81', () => sfn.startExecution({ stateMachineArn: machine.arn, name: 'x'.repeat(81) }), 'InvalidName'],
    ['no JSON', () => sfn.startExecution({ stateMachineArn: machine.arn, input: '{' }), 'InvalidExecutionInput'],
    ['an execution that there is not', () => sfn.describeExecution({ executionArn: 'arn:x' }), 'ExecutionDoesNotExist'],
  ])('%s is refused in the words of Step Functions', async (_, work, name) => {
    await expect(work()).rejects.toMatchObject({ name })
  })
})

describe('the task that invokes a function', () => {
  const failureOf = async (name: string, run = 0) => {
    const { executionArn } = await start(name, run)
    await executions.idle()
    const { status, error, cause } = executions.find(executionArn!)!
    return { status, error, cause }
  }

  it('fails with the type of what the function throws, and shows all that Lambda says of it', async () => {
    const { status, error, cause } = await failureOf('throws', -1)
    expect([status, error]).toEqual(['FAILED', 'RangeError'])
    expect(JSON.parse(cause!)).toMatchObject({ errorType: 'RangeError', errorMessage: 'no' })
  })

  it('fails with Lambda’s own errors by their names', async () => {
    faults.add({
      service: 'lambda',
      operation: 'Invoke',
      function: 'work',
      code: 'ServiceException',
      status: 500,
      message: 'm',
      delayMs: 0,
      count: 1,
    })
    expect(await failureOf('faulty')).toEqual({ status: 'FAILED', error: 'Lambda.ServiceException', cause: 'm' })
  })

  it('is refused where the role of the machine does not let it, and that is a violation', async () => {
    const MachineRole = {
      ...workflowResources.MachineRole,
      Properties: { ...workflowResources.MachineRole.Properties, Policies: [] },
    }
    const poor = workflowFixture(host, { MachineRole })
    const started = poor.executions.start(poor.machine, { input: '{"run":1}' })
    await poor.executions.idle()
    expect(started.kind === 'started' && poor.executions.find(started.execution.arn)).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.AWSLambdaException',
    })
    expect(poor.ledger.violations).toMatchObject([
      { function: 'work', action: 'lambda:InvokeFunction', role: { logicalId: 'MachineRole' } },
    ])
    expect(ledger.violations).toEqual([])
  })
})

describe('state machines of templates', () => {
  const read = (machineProperties: object, more: object = {}) => {
    const Properties = { ...workflowResources.Machine.Properties, ...machineProperties }
    const resolver = resolverOf({
      Resources: { ...workflowResources, Machine: { ...workflowResources.Machine, Properties }, ...more },
    })
    const [resource] = resolver.resources('AWS::StepFunctions::StateMachine')
    return readStateMachine(resolver, resource!, rolesOf(resolver))
  }

  it.each<[string, object, object, string]>([
    ['of another type', { StateMachineType: 'EXPRESS' }, {}, 'STANDARD'],
    ['with an unknown property', { EncryptionConfiguration: {} }, {}, 'EncryptionConfiguration'],
    ['with an unknown substitution', { DefinitionSubstitutions: {} }, {}, '${Worker}'],
    ['with a role from elsewhere', { RoleArn: 'arn:aws:iam::1:role/x' }, {}, 'not in the templates'],
    [
      'whose role trusts somebody else',
      {},
      {
        MachineRole: {
          Type: 'AWS::IAM::Role',
          Properties: { RoleName: 'machine', AssumeRolePolicyDocument: trust('lambda.amazonaws.com') },
        },
      },
      'may not take on the role',
    ],
    [
      'whose role trusts it for another account',
      {},
      {
        MachineRole: {
          Type: 'AWS::IAM::Role',
          Properties: {
            RoleName: 'machine',
            AssumeRolePolicyDocument: trust('states.amazonaws.com', {
              Condition: { StringEquals: { 'aws:SourceAccount': '999988887777' } },
            }),
          },
        },
      },
      'may not take on the role',
    ],
    [
      'with a task that is not known',
      { DefinitionString: JSON.stringify(workDefinition).replace('lambda:invoke', 'sqs:sendMessage') },
      {},
      'sqs:sendMessage',
    ],
  ])('%s are refused', (_, properties, more, message) => {
    expect(() => read(properties, more)).toThrow(message)
  })

  it('that log or trace need what that takes', () => {
    const LoggingConfiguration = {
      Level: 'ERROR',
      Destinations: [
        { CloudWatchLogsLogGroup: { LogGroupArn: 'arn:aws:logs:eu-central-1:111122223333:log-group:x:*' } },
      ],
    }
    const needs = (properties: object) => read(properties).standingNeeds.map(({ action }) => action)
    expect(needs({})).toEqual([])
    expect(needs({ LoggingConfiguration })).toContain('logs:CreateLogDelivery')
    expect(needs({ TracingConfiguration: { Enabled: true } })).toContain('xray:PutTraceSegments')
  })
})
