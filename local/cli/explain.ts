/**
 * `coffer explain` and `coffer who-can`: signed calls to a running Coffer, embedded or on AWS, and their answers as text.
 * @module
 */
import { z } from 'zod'
import { ConfigProblem, type Environment } from '../config.ts'
import { callCoffer } from './signed-call.ts'

export interface AccessFlags {
  readonly action: string
  readonly secret?: string
  /** `key=value`, several for a key of many values, `key=` for one that the request does not have. */
  readonly context?: readonly string[]
  readonly url?: string
  readonly region?: string
  readonly json?: boolean
}

export interface ExplainFlags extends AccessFlags {
  readonly principal: string
}

const truth = z.union([z.boolean(), z.literal('unknown')])
const reference = z.object({ layer: z.string(), source: z.string(), number: z.number(), sid: z.string().optional() })
const explainedAction = z.object({
  action: z.string(),
  resource: z.string(),
  decision: z.object({
    verdict: z.enum(['allow', 'explicit-deny', 'implicit-deny']),
    layer: z.string(),
    statement: reference.optional(),
    note: z.string().optional(),
  }),
  statements: z.array(
    reference.extend({
      effect: z.string(),
      principal: truth.optional(),
      resource: truth.optional(),
      conditions: z.array(z.object({ operator: z.string(), key: z.string(), outcome: truth })),
      applies: truth,
    }),
  ),
  unreadable: z.array(z.object({ layer: z.string(), source: z.string(), problem: z.string() })),
  dependsOn: z.array(z.string()),
})
const explained = z.object({
  principal: z.string(),
  isAllowed: z.boolean(),
  actions: z.array(explainedAction),
  notes: z.array(z.string()),
})
const whoCanAnswer = z.object({
  resource: z.string(),
  allowed: z.array(explained),
  depends: z.array(explained),
  alsoNamed: z.array(z.string()),
  considered: z.number(),
  notes: z.array(z.string()),
})

type Explained = z.infer<typeof explained>
type Action = z.infer<typeof explainedAction>

/** @throws {ConfigProblem} {CallProblem} */
export async function explain(
  flags: ExplainFlags,
  environment: Environment,
): Promise<{ readonly text: string; readonly isAllowed: boolean }> {
  const body = { ...bodyOf(flags), principal: flags.principal }
  const answer = await callCoffer({ path: '/_coffer/explain', body, flags, environment, schema: explained })
  const text = flags.json ? JSON.stringify(answer, undefined, 2) : linesOf(answer).join('\n')
  return { text: `${text}\n`, isAllowed: answer.isAllowed }
}

/** @throws {ConfigProblem} {CallProblem} */
export async function whoCan(flags: AccessFlags, environment: Environment): Promise<string> {
  const body = bodyOf(flags)
  const answer = await callCoffer({ path: '/_coffer/who-can', body, flags, environment, schema: whoCanAnswer })
  if (flags.json) return `${JSON.stringify(answer, undefined, 2)}\n`
  const { allowed, depends, alsoNamed, considered, resource, notes } = answer
  const list = [
    `${allowed.length} of ${considered} known principals may ${flags.action} on ${resource}`,
    ...allowed.map(({ principal, actions }) => `  ${principal}  by ${reasonOf(actions[0])}`),
    ...(depends.length > 0 ? ['', 'Depending on the request:'] : []),
    ...depends.map(({ principal, actions }) => `  ${principal}  on ${keysOf(actions)}`),
    ...(alsoNamed.length > 0 ? ['', 'Also named by the resource policy, and not known here one by one:'] : []),
    ...alsoNamed.map((name) => `  ${name}`),
    ...notes.map((note) => `\n${note}`),
  ]
  return `${list.join('\n')}\n`
}

function linesOf({ principal, isAllowed, actions, notes }: Explained): string[] {
  return [
    `${isAllowed ? 'ALLOWED' : 'DENIED'}  ${principal}`,
    ...actions.flatMap((action) => [
      '',
      `${action.action} on ${action.resource}`,
      `  ${VERDICTS[action.decision.verdict]} ${reasonOf(action)}`,
      ...action.unreadable.map(({ layer, source, problem }) => `  ${layer}  ${source} cannot be read: ${problem}`),
      ...action.statements.map((statement) => `  ${statementLine(statement)}`),
      ...(action.dependsOn.length > 0
        ? [`  Depends on ${action.dependsOn.join(', ')}: give what is so with --context key=value`]
        : []),
    ]),
    ...notes.map((note) => `\n${note}`),
  ]
}

const VERDICTS = {
  allow: 'allowed by',
  'explicit-deny': 'denied by',
  'implicit-deny': 'not allowed:',
} as const

function reasonOf(action: Action | undefined): string {
  if (action === undefined) return 'nothing'
  const { verdict, layer, statement, note } = action.decision
  const noted = note === undefined ? '' : ` (${note})`
  if (statement !== undefined) return `${nameOf(statement)}${noted}`
  if (verdict === 'implicit-deny') return `no ${LAYERS[layer] ?? layer} allows it${noted}`
  return `${layer === 'identity' ? 'being the root of the account' : layer}${noted}`
}

const LAYERS: Readonly<Record<string, string>> = {
  identity: 'identity-based policy',
  resource: 'resource-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
}

const nameOf = ({ number, sid, source }: z.infer<typeof reference>): string =>
  `statement ${number}${sid === undefined ? '' : ` (${sid})`} of the ${source}`

function statementLine(statement: Action['statements'][number]): string {
  const { effect, applies, principal, resource, conditions } = statement
  const verdict = applies === true ? 'applies' : applies === false ? 'does not apply' : 'may apply'
  const reasons = [
    ...(principal === undefined || principal === true ? [] : [`principal: ${told(principal)}`]),
    ...(resource === undefined || resource === true ? [] : [`resource: ${told(resource)}`]),
    ...conditions.map(({ operator, key, outcome }) => `${operator} ${key}: ${told(outcome)}`),
  ]
  return `${effect.padEnd(5)}  ${nameOf(statement)} ${verdict}${reasons.length > 0 ? ` (${reasons.join('; ')})` : ''}`
}

const told = (outcome: boolean | 'unknown'): string => (outcome === 'unknown' ? outcome : outcome ? 'yes' : 'no')

const keysOf = (actions: readonly Action[]): string =>
  [...new Set(actions.flatMap(({ dependsOn }) => dependsOn))].join(', ')

function bodyOf({ action, secret, context = [], region }: AccessFlags): object {
  const given: Record<string, string | string[] | null> = {}
  for (const pair of context) {
    const at = pair.indexOf('=')
    if (at < 1)
      throw new ConfigProblem(
        `--context is ${JSON.stringify(pair)}, expected a condition key and its value, such as aws:SourceIp=192.0.2.1`,
      )
    const [key, value] = [pair.slice(0, at), pair.slice(at + 1)]
    const before = given[key]
    if (before === undefined || before === null) given[key] = value === '' ? null : value
    else given[key] = [...[before].flat(), value]
  }
  return {
    action,
    ...(secret !== undefined && { secret }),
    ...(region !== undefined && { region }),
    ...(context.length > 0 && { context: given }),
  }
}
