/**
 * SimulatePrincipalPolicy: what a user or a role may do, asked of the engine that decides for real. Policies that nothing has cannot be tried here.
 * @module
 */
import { keysOf, NOT_HERE, type KeyLayer, type KeyValue } from '../../../lambda/auth/condition-context.ts'
import type { Decision } from '../../../lambda/auth/decision.ts'
import type { IamOperations } from '../call.ts'
import { IAM_REGION } from '../authorize.ts'
import * as failures from '../failures.ts'
import type { ContextEntry, EvaluationResult, SimulatePrincipalPolicyRequest } from '../model/iam.types.generated.ts'
import { pageOf } from '../paging.ts'

const MAX_QUESTIONS = 2000

export const simulationOperations = {
  SimulatePrincipalPolicy: {
    on: ({ input }) => ({ arn: input.PolicySourceArn }),
    async run({ input, account, means }) {
      requireSupported(input)
      const { authorizer } = means.identities
      const principal = await authorizer.directory.principalFor(input.PolicySourceArn)
      if (principal?.account !== account.id)
        throw failures.noSuchEntity(`There is no user or role ${input.PolicySourceArn} in this account.`)
      const keys = [keysOf(entriesOf(input.ContextEntries)), absentServiceKeys]
      const origin = { receivedAt: means.now(), isSecure: true }
      const { items, rest } = pageOf(questionsOf(input), ({ order }) => order, input)
      const results = await Promise.all(
        items.map(async ({ action, resource }) => {
          const decision = await authorizer.decide({
            principal,
            origin,
            action,
            resource,
            account: account.id,
            region: IAM_REGION,
            keys,
            now: means.clock.now(),
          })
          return presentResult(decision, { action, resource })
        }),
      )
      return { EvaluationResults: results, ...rest }
    },
  },
} satisfies Partial<IamOperations>

function requireSupported(input: SimulatePrincipalPolicyRequest): void {
  for (const member of UNSUPPORTED)
    if (input[member] !== undefined)
      throw failures.invalidInput(`${member} is not supported here: only what is in force can be simulated.`)
}

const UNSUPPORTED = [
  'PolicyInputList',
  'PermissionsBoundaryPolicyInputList',
  'ResourcePolicy',
  'ResourceOwner',
  'CallerArn',
  'ResourceHandlingOption',
] as const satisfies readonly (keyof SimulatePrincipalPolicyRequest)[]

interface Question {
  /** Sorts as the request has them. */
  readonly order: string
  readonly action: string
  readonly resource: string
}

function questionsOf({ ActionNames, ResourceArns = ['*'] }: SimulatePrincipalPolicyRequest): Question[] {
  if (ActionNames.length * ResourceArns.length > MAX_QUESTIONS)
    throw failures.invalidInput(`A simulation has ${MAX_QUESTIONS} pairs of action and resource at most.`)
  const pairs = ActionNames.flatMap((action) => ResourceArns.map((resource) => ({ action, resource })))
  return pairs.map((pair, index) => ({ ...pair, order: String(index).padStart(6, '0') }))
}

function entriesOf(entries: readonly ContextEntry[] = []): Record<string, KeyValue> {
  return Object.fromEntries(
    entries.flatMap(({ ContextKeyName: name, ContextKeyValues: values = [], ContextKeyType: type = 'string' }) =>
      name === undefined ? [] : [[name, type.endsWith('List') ? values : values[0]] as const],
    ),
  )
}

/** Keys that were not given are absent. */
const absentServiceKeys: KeyLayer = (key) => (key.startsWith('aws:') ? NOT_HERE : undefined)

const VERDICTS = { allow: 'allowed', 'explicit-deny': 'explicitDeny', 'implicit-deny': 'implicitDeny' } as const

function presentResult(
  { verdict, statement }: Decision,
  { action, resource }: Pick<Question, 'action' | 'resource'>,
): EvaluationResult {
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: VERDICTS[verdict],
    MatchedStatements: statement === undefined ? [] : [{ SourcePolicyId: statement.source }],
    MissingContextValues: [],
  }
}
