/**
 * EventBridge rules with a schedule: their targets are invoked when the sandbox's clock has passed it.
 * @module
 */
import { asUuid } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import type { FunctionHost } from '../functions/function-host.ts'
import type { Ledger } from '../iam/ledger.ts'
import { mayAct, type ServiceAccess } from '../iam/service-access.ts'
import { objectOf, oneOrMany, optionalText, SandboxProblem, textOf } from '../json.ts'
import type { Resource } from '../template/assembly.ts'
import type { Resolver } from '../template/resolver.ts'

export interface Rule {
  readonly arn: string
  readonly region: string
  readonly account: string
  /** The first time after another, epoch milliseconds. */
  readonly next: (after: number) => number
  readonly targets: readonly { readonly functionArn: string; readonly input: string | undefined }[]
}

const DAY_MS = 86_400_000
const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: DAY_MS }

/** `rate(10 minutes)`, and `cron(17 3 * * ? *)`: once a day. */
export function readSchedule(expression: string, place: string): Rule['next'] {
  const [, count, unit = ''] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? []
  const unitMs = UNIT_MS[unit]
  if (unitMs !== undefined) return (after) => after + Number(count) * unitMs
  const [, minute, hour] = /^cron\((\d{1,2}) (\d{1,2}) \* \* \? \*\)$/.exec(expression) ?? []
  if (minute === undefined || hour === undefined)
    throw new SandboxProblem(`${place}: the sandbox does not know the schedule ${expression}`)
  const atMs = (Number(hour) * 60 + Number(minute)) * 60_000
  return (after) => {
    const today = after - (after % DAY_MS) + atMs
    return today > after ? today : today + DAY_MS
  }
}

/** Undefined for a rule that is switched off or listens to events. */
export function readRule(resolver: Resolver, resource: Resource): Rule | undefined {
  const { logicalId } = resource
  const properties = resolver.properties(resource)
  if (properties.State === 'DISABLED') return undefined
  const expression = optionalText(properties.ScheduleExpression, `${logicalId}.ScheduleExpression`)
  if (expression === undefined) throw new SandboxProblem(`${logicalId}: the sandbox knows rules with a schedule`)
  return {
    arn: resolver.attribute(logicalId, 'Arn'),
    region: resolver.stack.region,
    account: resolver.account,
    next: readSchedule(expression, logicalId),
    targets: oneOrMany(properties.Targets).map((given) => {
      const target = objectOf(given, `${logicalId}.Targets`)
      if (target.InputPath !== undefined || target.InputTransformer !== undefined)
        throw new SandboxProblem(`${logicalId}: the sandbox knows constant inputs of targets`)
      return { functionArn: textOf(target.Arn, logicalId), input: optionalText(target.Input, logicalId) }
    }),
  }
}

export interface SchedulesOptions {
  readonly rules: readonly Rule[]
  readonly host: FunctionHost
  readonly ledger: Ledger
  readonly permissions: ReadonlyMap<string, readonly ServiceAccess[]>
  readonly clock: Clock
  readonly entropy: Entropy
}

export class Schedules {
  readonly #options: SchedulesOptions
  readonly #due: Map<Rule, number>
  #run: Promise<void> = Promise.resolve()

  constructor(options: SchedulesOptions) {
    this.#options = options
    const now = options.clock.now()
    this.#due = new Map(options.rules.map((rule) => [rule, rule.next(now)]))
  }

  /**
   * Invokes what fell due, earliest first; a rule that is due many times over runs once.
   * @param withinMs what falls due so soon is invoked already
   */
  runDue(withinMs = 0): Promise<void> {
    this.#run = this.#run.then(() => this.#runDue(withinMs))
    return this.#run
  }

  async #runDue(withinMs: number): Promise<void> {
    const now = this.#options.clock.now()
    const due = [...this.#due].filter(([, at]) => at <= now + withinMs).sort(([, a], [, b]) => a - b)
    for (const [rule] of due) {
      this.#due.set(rule, rule.next(now))
      for (const target of rule.targets) await this.#invoke(rule, target)
    }
  }

  async #invoke(rule: Rule, { functionArn, input }: Rule['targets'][number]): Promise<void> {
    const { host, clock, entropy } = this.#options
    const definition = host.find(functionArn)
    if (definition === undefined || !this.#mayInvoke(rule, functionArn)) return
    const event = {
      version: '0',
      id: asUuid(entropy.bytes(16).toString('hex')),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: rule.account,
      time: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
      region: rule.region,
      resources: [rule.arn],
      detail: {},
    }
    await host.invoke(definition, input ?? JSON.stringify(event))
  }

  #mayInvoke({ arn, region, account }: Rule, functionArn: string): boolean {
    const action = 'lambda:InvokeFunction'
    const isAllowed = mayAct(this.#options.permissions.get(functionArn) ?? [], {
      service: 'events.amazonaws.com',
      action,
      resource: functionArn,
      account,
      context: { 'aws:SourceArn': arn, 'aws:SourceAccount': account },
    })
    if (isAllowed) return true
    const reason = 'no permission of the function lets this rule invoke it'
    this.#options.ledger.violation({ function: arn, region, action, resource: functionArn, reason })
    return false
  }
}
