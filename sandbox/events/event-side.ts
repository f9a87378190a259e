/**
 * What happens to a deployment without a caller: stream records, schedules, time. And waiting until all of it is done.
 * @module
 */
import { systemEntropy } from '../../lambda/adapters/system-entropy.ts'
import type { AwsSide } from '../aws-side.ts'
import type { Deployment } from '../deployment.ts'
import { SandboxProblem } from '../json.ts'
import { EventSource, type DeadLetter, type EventSourceDefinition } from './event-source.ts'
import { Schedules } from './schedules.ts'
import type { FunctionDefinition } from '../functions/definition.ts'

/** How often rules are looked at while the clock goes by itself, and how often what is planned for a moment is. */
const TICK_MS = 15_000
const AGENDA_TICK_MS = 500

/** The shortest interval of EventBridge: what runs so often has run before anybody calls a deployment. */
const MINUTE_MS = 60_000

export class EventSide {
  readonly #aws: AwsSide
  readonly #schedules: Schedules
  readonly #timers: readonly NodeJS.Timeout[]
  #agendaRun: Promise<void> = Promise.resolve()
  /** Records that a function failed on until it was given up. */
  readonly deadLetters: DeadLetter[] = []

  /** After the custom resources: a stream is known by the answer of one. @throws {SandboxProblem} */
  constructor(deployment: Deployment, aws: AwsSide, onFault: (error: unknown) => void) {
    this.#aws = aws
    const { host, streams, ledger, clock } = aws
    const { permissions } = deployment
    for (const source of deployment.eventSources()) {
      const target = deployment.functionNamed(source.function, source.stream.split(':')[3] ?? '')
      if (target === undefined)
        throw new SandboxProblem(`An event source mapping names the unknown function ${source.function}`)
      checkReader(aws, target, source)
      const onDeadLetter = (letter: DeadLetter): void => void this.deadLetters.push(letter)
      streams.add(new EventSource({ source, target, host, onFault, onDeadLetter }))
    }
    const rules = deployment.rules()
    this.#schedules = new Schedules({ rules, host, ledger, permissions, clock, entropy: systemEntropy })
    this.#timers = [
      setInterval(() => void this.#schedules.runDue().catch(onFault), TICK_MS),
      setInterval(() => void this.#runAgenda().catch(onFault), AGENDA_TICK_MS),
    ]
  }

  /** Before the first caller is served. */
  async begin(): Promise<void> {
    await this.#schedules.runDue(MINUTE_MS)
    await this.settle()
  }

  /**
   * Moves the clock and does what falls due: what is planned for moments on the way in their order, each with the clock at that moment and the rules of the time before it behind it.
   * @returns the time after it
   */
  async advance(milliseconds: number): Promise<number> {
    const { clock, agenda } = this.#aws
    await this.settle()
    const end = clock.endOf(milliseconds)
    for (let next = agenda.next; next !== undefined && next <= end; next = agenda.next) {
      await this.#moveTo(next)
      await this.#runAgenda()
      await this.settle()
    }
    await this.#moveTo(end)
    // What the last of it has planned for no later than now.
    await this.#runAgenda()
    await this.settle()
    return clock.now()
  }

  async #moveTo(time: number): Promise<void> {
    const { clock, keyring } = this.#aws
    clock.advance(Math.max(0, time - clock.now()))
    await keyring.sweep()
    await this.#schedules.runDue()
    await this.settle()
  }

  /** One after another: the clock that goes by itself and a hand that moves it must not both do what is due. */
  #runAgenda(): Promise<void> {
    const run = this.#agendaRun.then(() => this.#aws.agenda.runDue())
    this.#agendaRun = run.catch(() => undefined)
    return run
  }

  /** Resolves when functions, copies and streams are idle and executions at rest; each may set off the others. */
  async settle(): Promise<void> {
    const { host, tables, streams, executions } = this.#aws
    do {
      await host.idle()
      await tables.idle()
      await streams.idle()
      await executions.idle()
    } while (!host.isIdle || !streams.isIdle || !tables.isIdle || !executions.isIdle)
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }
}

/** Lambda reads a stream, and reports what it gave up, under the function's role. */
function checkReader(
  { proxy }: AwsSide,
  target: FunctionDefinition,
  { stream, onFailure }: EventSourceDefinition,
): void {
  for (const action of ['DescribeStream', 'GetRecords', 'GetShardIterator'])
    proxy.isAllowed(target, { action: `dynamodb:${action}`, resource: stream })
  // It has no resource type.
  proxy.isAllowed(target, { action: 'dynamodb:ListStreams', resource: '*' })
  if (onFailure?.includes(':sqs:') === true) proxy.isAllowed(target, { action: 'sqs:SendMessage', resource: onFailure })
  if (onFailure?.includes(':sns:') === true) proxy.isAllowed(target, { action: 'sns:Publish', resource: onFailure })
}
