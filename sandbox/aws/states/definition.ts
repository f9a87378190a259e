/**
 * A state machine in the Amazon States Language (JSONPath), read and checked as CreateStateMachine checks it. A field or a type of state that is not known is an error that names its place.
 * @module
 */
import {
  listOf,
  numberOf,
  objectOf,
  oneOrMany,
  optionalText,
  parseJson,
  SandboxProblem,
  textOf,
  type JsonObject,
} from '../../json.ts'
import { readCondition, type Condition } from './choice-rules.ts'
import { checkTemplate, parsePath } from './json-path.ts'

export interface StateMachineDefinition {
  readonly startAt: string
  readonly states: ReadonlyMap<string, State>
  readonly timeoutSeconds: number | undefined
}

/** What every state may do to its data; undefined paths are `$`. */
interface Common {
  readonly name: string
  readonly inputPath: string | undefined
  readonly outputPath: string | undefined
}

/** Undefined: the end of the execution. */
interface Leading {
  readonly next: string | undefined
}

interface Producing {
  readonly parameters: unknown
  /** `null` throws the result away. */
  readonly resultPath: string | null
}

export interface PassState extends Common, Leading, Producing {
  readonly type: 'Pass'
  readonly result: unknown
}

export interface TaskState extends Common, Leading, Producing {
  readonly type: 'Task'
  readonly resource: string
  readonly resultSelector: unknown
  readonly timeoutSeconds: number | undefined
  readonly retry: readonly Retrier[]
  readonly catchers: readonly Catcher[]
}

export interface ChoiceState extends Common {
  readonly type: 'Choice'
  readonly choices: readonly { readonly condition: Condition; readonly next: string }[]
  readonly fallback: string | undefined
}

export interface WaitState extends Common, Leading {
  readonly type: 'Wait'
  readonly seconds: number | undefined
  readonly secondsPath: string | undefined
}

export interface SucceedState extends Common {
  readonly type: 'Succeed'
}

export interface FailState extends Common {
  readonly type: 'Fail'
  readonly error: string | undefined
  readonly cause: string | undefined
}

export type State = PassState | TaskState | ChoiceState | WaitState | SucceedState | FailState

export interface Retrier {
  readonly errors: readonly string[]
  readonly intervalSeconds: number
  readonly maxAttempts: number
  readonly backoffRate: number
  readonly maxDelaySeconds: number
}

export interface Catcher {
  readonly errors: readonly string[]
  readonly resultPath: string | null
  readonly next: string
}

/** @throws {SandboxProblem} */
export function parseDefinition(text: string, place: string): StateMachineDefinition {
  const document = objectOf(parseJson(text), `${place} definition`)
  onlyFields(document, ['Comment', 'Version', 'StartAt', 'States', 'TimeoutSeconds', 'QueryLanguage'], place)
  if (document.QueryLanguage !== undefined && document.QueryLanguage !== 'JSONPath')
    throw new SandboxProblem(`${place}: the sandbox knows the query language JSONPath`)
  const states = new Map(
    Object.entries(objectOf(document.States, `${place} States`)).map(([name, state]) => [
      name,
      readState(name, objectOf(state, name), `${place} ${name}`),
    ]),
  )
  const startAt = textOf(document.StartAt, `${place} StartAt`)
  checkTransitions(startAt, states, place)
  return { startAt, states, timeoutSeconds: optionalCount(document.TimeoutSeconds, `${place} TimeoutSeconds`) }
}

const NAME_LIMIT = 80
const COMMON = ['Type', 'Comment', 'InputPath', 'OutputPath']
const LEADING = ['Next', 'End']
const PRODUCING = ['Parameters', 'ResultPath']

function readState(name: string, state: JsonObject, place: string): State {
  if (name.length > NAME_LIMIT)
    throw new SandboxProblem(`${place}: a state's name has ${NAME_LIMIT} characters at most`)
  const common = { name, inputPath: path(state, 'InputPath', place), outputPath: path(state, 'OutputPath', place) }
  switch (state.Type) {
    case 'Pass':
      onlyFields(state, [...COMMON, ...LEADING, ...PRODUCING, 'Result'], place)
      return { type: 'Pass', ...common, ...leading(state, place), ...producing(state, place), result: state.Result }
    case 'Task':
      return readTask(state, common, place)
    case 'Choice':
      onlyFields(state, [...COMMON, 'Choices', 'Default'], place)
      return {
        type: 'Choice',
        ...common,
        choices: listOf(state.Choices, `${place}.Choices`).map((given, index) => {
          const { Next: next, Comment: _, ...rule } = objectOf(given, `${place}.Choices[${index}]`)
          const at = `${place}.Choices[${index}]`
          return { condition: readCondition(rule, at), next: textOf(next, `${at}.Next`) }
        }),
        fallback: optionalText(state.Default, `${place}.Default`),
      }
    case 'Wait':
      onlyFields(state, [...COMMON, ...LEADING, 'Seconds', 'SecondsPath'], place)
      if ((state.Seconds === undefined) === (state.SecondsPath === undefined))
        throw new SandboxProblem(`${place}: one of Seconds and SecondsPath says how long it waits`)
      return {
        type: 'Wait',
        ...common,
        ...leading(state, place),
        seconds: state.Seconds === undefined ? undefined : count(state.Seconds, `${place}.Seconds`, 0),
        secondsPath: path(state, 'SecondsPath', place),
      }
    case 'Succeed':
      onlyFields(state, COMMON, place)
      return { type: 'Succeed', ...common }
    case 'Fail':
      onlyFields(state, ['Type', 'Comment', 'Error', 'Cause'], place)
      return {
        type: 'Fail',
        ...common,
        error: optionalText(state.Error, `${place}.Error`),
        cause: optionalText(state.Cause, `${place}.Cause`),
      }
    default:
      throw new SandboxProblem(`${place}: the sandbox does not know states of the type ${String(state.Type)}`)
  }
}

function readTask(state: JsonObject, common: Common, place: string): TaskState {
  const fields = ['Resource', 'ResultSelector', 'TimeoutSeconds', 'Retry', 'Catch']
  onlyFields(state, [...COMMON, ...LEADING, ...PRODUCING, ...fields], place)
  checkTemplate(state.ResultSelector, `${place}.ResultSelector`)
  const retry = oneOrMany(state.Retry).map((given, index) => readRetrier(given, `${place}.Retry[${index}]`))
  const catchers = oneOrMany(state.Catch).map((given, index) => readCatcher(given, `${place}.Catch[${index}]`))
  checkAll(retry, `${place}.Retry`)
  checkAll(catchers, `${place}.Catch`)
  return {
    type: 'Task',
    ...common,
    ...leading(state, place),
    ...producing(state, place),
    resource: textOf(state.Resource, `${place}.Resource`),
    resultSelector: state.ResultSelector,
    timeoutSeconds: optionalCount(state.TimeoutSeconds, `${place}.TimeoutSeconds`),
    retry,
    catchers,
  }
}

function readRetrier(given: unknown, place: string): Retrier {
  const retrier = objectOf(given, place)
  onlyFields(
    retrier,
    ['Comment', 'ErrorEquals', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate', 'MaxDelaySeconds', 'JitterStrategy'],
    place,
  )
  // With full jitter a delay is anything up to this one.
  if (retrier.JitterStrategy !== undefined && !['NONE', 'FULL'].includes(textOf(retrier.JitterStrategy, place)))
    throw new SandboxProblem(`${place}.JitterStrategy is NONE or FULL`)
  const backoffRate = numberOf(retrier.BackoffRate ?? 2, `${place}.BackoffRate`)
  if (backoffRate < 1) throw new SandboxProblem(`${place}.BackoffRate is 1 at least`)
  return {
    errors: errorsIn(retrier, place),
    intervalSeconds: count(retrier.IntervalSeconds ?? 1, `${place}.IntervalSeconds`, 1),
    maxAttempts: count(retrier.MaxAttempts ?? 3, `${place}.MaxAttempts`, 0),
    backoffRate,
    maxDelaySeconds:
      retrier.MaxDelaySeconds === undefined ? Infinity : count(retrier.MaxDelaySeconds, `${place}.MaxDelaySeconds`, 1),
  }
}

function readCatcher(given: unknown, place: string): Catcher {
  const catcher = objectOf(given, place)
  onlyFields(catcher, ['Comment', 'ErrorEquals', 'ResultPath', 'Next'], place)
  return {
    errors: errorsIn(catcher, place),
    resultPath: resultPath(catcher, place),
    next: textOf(catcher.Next, `${place}.Next`),
  }
}

function errorsIn({ ErrorEquals: given }: JsonObject, place: string): readonly string[] {
  const errors = listOf(given, `${place}.ErrorEquals`).map((each) => textOf(each, `${place}.ErrorEquals`))
  if (errors.length === 0) throw new SandboxProblem(`${place}.ErrorEquals names no error`)
  if (errors.includes('States.ALL') && errors.length > 1)
    throw new SandboxProblem(`${place}.ErrorEquals: States.ALL stands alone`)
  return errors
}

function checkAll(rows: readonly { readonly errors: readonly string[] }[], place: string): void {
  const at = rows.findIndex(({ errors }) => errors.includes('States.ALL'))
  if (at >= 0 && at < rows.length - 1) throw new SandboxProblem(`${place}: States.ALL comes last`)
}

function checkTransitions(startAt: string, states: ReadonlyMap<string, State>, place: string): void {
  const reached = new Set<string>()
  const follow = (name: string, from: string): void => {
    const state = states.get(name)
    if (state === undefined) throw new SandboxProblem(`${place}: ${from} leads to ${name}, which there is not`)
    if (reached.has(name)) return
    reached.add(name)
    for (const target of targetsOf(state)) follow(target, name)
  }
  follow(startAt, 'StartAt')
  const lost = [...states.keys()].filter((name) => !reached.has(name))
  if (lost.length > 0) throw new SandboxProblem(`${place}: nothing leads to ${lost.join(', ')}`)
}

function targetsOf(state: State): readonly string[] {
  switch (state.type) {
    case 'Succeed':
    case 'Fail':
      return []
    case 'Choice':
      return [...state.choices.map(({ next }) => next), ...list(state.fallback)]
    case 'Task':
      return [...state.catchers.map(({ next }) => next), ...list(state.next)]
    default:
      return list(state.next)
  }
}

function leading(state: JsonObject, place: string): Leading {
  if ((state.Next === undefined) === (state.End !== true))
    throw new SandboxProblem(`${place}: it has a Next or is an End, one of the two`)
  return { next: optionalText(state.Next, `${place}.Next`) }
}

function producing(state: JsonObject, place: string): Producing {
  checkTemplate(state.Parameters, `${place}.Parameters`)
  return { parameters: state.Parameters, resultPath: resultPath(state, place) }
}

function resultPath(state: JsonObject, place: string): string | null {
  return state.ResultPath === null ? null : (path(state, 'ResultPath', place) ?? '$')
}

function path(state: JsonObject, field: string, place: string): string | undefined {
  const given = optionalText(state[field], `${place}.${field}`)
  if (given !== undefined) parsePath(given, `${place}.${field}`)
  return given
}

function onlyFields(given: JsonObject, known: readonly string[], place: string): void {
  for (const field of Object.keys(given))
    if (!known.includes(field)) throw new SandboxProblem(`${place}: the sandbox does not know the field ${field}`)
}

const optionalCount = (value: unknown, place: string): number | undefined =>
  value === undefined ? undefined : count(value, place, 1)

function count(value: unknown, place: string, least: number): number {
  const number = typeof value === 'number' ? value : NaN
  if (!Number.isInteger(number) || number < least)
    throw new SandboxProblem(`${place} takes a whole number from ${least}`)
  return number
}

const list = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value])
