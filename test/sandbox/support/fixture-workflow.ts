/**
 * A state machine, a group of schedules and their roles by hand, and what plays them.
 * @module
 */
import { Faults } from '../../../sandbox/aws/faults.ts'
import { readScheduleGroup } from '../../../sandbox/aws/scheduler/schedule-group.ts'
import { Scheduler } from '../../../sandbox/aws/scheduler/schedules.ts'
import { Executions } from '../../../sandbox/aws/states/executions.ts'
import { invokeLambda } from '../../../sandbox/aws/states/lambda-task.ts'
import { readStateMachine, type StateMachine } from '../../../sandbox/aws/states/state-machine.ts'
import { Agenda } from '../../../sandbox/events/agenda.ts'
import type { FunctionHost } from '../../../sandbox/functions/function-host.ts'
import { Ledger } from '../../../sandbox/iam/ledger.ts'
import { RoleGate } from '../../../sandbox/iam/role-gate.ts'
import { rolesOf } from '../../../sandbox/iam/role.ts'
import { entropy } from '../../support/keyring-fixture.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { resolverOf, type FixtureTemplate } from './fixture-stack.ts'

export const trust = (service: string, more: object = {}) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole', ...more }],
})
export const policies = (...actions: readonly (readonly [action: string, resource: unknown])[]) => [
  {
    PolicyName: 'access',
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: actions.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource })),
    },
  },
]

/** One task that invokes the function `worker`, then a wait of as many seconds as it says. */
export const workDefinition = {
  StartAt: 'Work',
  States: {
    Work: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: '${Worker}', Payload: { 'run.$': '$.run', 'executor.$': '$$.Execution.Id' } },
      ResultSelector: { 'seconds.$': '$.Payload.seconds' },
      ResultPath: '$.result',
      Next: 'Rest',
    },
    Rest: { Type: 'Wait', SecondsPath: '$.result.seconds', End: true },
  },
}

export const DEAD_LETTERS = 'arn:aws:sqs:eu-central-1:111122223333:dead'
const worker = 'arn:aws:lambda:eu-central-1:111122223333:function:worker'
const sourceAccount = { Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } }

export const workflowResources = {
  Machine: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: 'work',
      RoleArn: { 'Fn::GetAtt': ['MachineRole', 'Arn'] },
      DefinitionString: { 'Fn::Join': ['', [JSON.stringify(workDefinition)]] },
      DefinitionSubstitutions: { Worker: worker },
    },
  },
  MachineRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: 'machine',
      AssumeRolePolicyDocument: trust('states.amazonaws.com', sourceAccount),
      Policies: policies(['lambda:InvokeFunction', worker]),
    },
  },
  Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'group' } },
  ScheduleRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: 'schedule',
      AssumeRolePolicyDocument: trust('scheduler.amazonaws.com', {
        Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': ['Group', 'Arn'] } } },
      }),
      Policies: policies(['states:StartExecution', { Ref: 'Machine' }], ['sqs:SendMessage', DEAD_LETTERS]),
    },
  },
} satisfies FixtureTemplate['Resources']

export interface WorkflowFixture {
  readonly clock: ManualClock
  readonly agenda: Agenda
  readonly ledger: Ledger
  readonly gate: RoleGate
  readonly faults: Faults
  readonly machine: StateMachine
  readonly executions: Executions
  readonly scheduler: Scheduler
  readonly roleArn: string
  /** Moves the clock from one moment of the agenda to the next, as far as it goes. */
  readonly advance: (milliseconds: number) => Promise<void>
}

/** @param host has the function `worker` */
export function workflowFixture(host: FunctionHost, resources: object = {}): WorkflowFixture {
  const resolver = resolverOf({ Resources: { ...workflowResources, ...resources } })
  const clock = new ManualClock()
  const [agenda, ledger, faults] = [new Agenda(clock), new Ledger(), new Faults()]
  const gate = new RoleGate({ ledger, clock })
  const roles = rolesOf(resolver)
  const [machine] = resolver
    .resources('AWS::StepFunctions::StateMachine')
    .map((resource) => readStateMachine(resolver, resource, roles))
  const groups = resolver
    .resources('AWS::Scheduler::ScheduleGroup')
    .map((resource) => readScheduleGroup(resolver, resource))
  const executions = new Executions({
    agenda,
    entropy,
    performTask: (of, call) => invokeLambda(of, call, { host, gate, faults }),
    onFault: (error) => {
      throw error
    },
  })
  const scheduler = new Scheduler({ agenda, groups, roles, machines: [machine!], executions, gate, faults })
  return {
    clock,
    agenda,
    ledger,
    gate,
    faults,
    machine: machine!,
    executions,
    scheduler,
    roleArn: resolver.attribute('ScheduleRole', 'Arn'),
    advance: async (milliseconds) => {
      const end = clock.now() + milliseconds
      for (let next = agenda.next; next !== undefined && next <= end; next = agenda.next) {
        clock.advance(Math.max(0, next - clock.now()))
        await agenda.runDue()
        await executions.idle()
      }
      clock.advance(end - clock.now())
    },
  }
}
