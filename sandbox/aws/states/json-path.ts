/**
 * The part of JSONPath that state machines here may use: members and elements, no wildcards, filters or slices; and payload templates, whose members ending in `.$` are paths.
 * @module
 */
import { isObject, SandboxProblem, type JsonObject } from '../../json.ts'

/** What a path was looked up in. `$$` is the context object. */
export interface Scope {
  readonly input: unknown
  readonly context: JsonObject
}

/** A path that leads nowhere: `States.Runtime` or the like, for the caller to name. */
export class PathProblem extends Error {
  override readonly name = 'PathProblem'
}

export type Path = readonly (string | number)[]

const STEP = /^(?:\.([A-Za-z_][\w-]*)|\['([^'\]]+)'\]|\[(\d+)\])/

/** Of what comes after `$`. @throws {SandboxProblem} for what is not known */
export function parsePath(text: string, place: string): Path {
  const steps: (string | number)[] = []
  let rest = text.replace(/^\$\$?/, '')
  if (rest === text) throw new SandboxProblem(`${place}: a path begins with $, not ${JSON.stringify(text)}`)
  while (rest !== '') {
    const [whole, dotted, quoted, index] = STEP.exec(rest) ?? []
    if (whole === undefined) throw new SandboxProblem(`${place}: the sandbox does not know the path ${text}`)
    steps.push(index === undefined ? (dotted ?? quoted ?? '') : Number(index))
    rest = rest.slice(whole.length)
  }
  return steps
}

/** @throws {PathProblem} when there is nothing */
export function valueAt(text: string, scope: Scope): unknown {
  const found = lookUp(text, scope)
  if (found === undefined) throw new PathProblem(`The JSONPath '${text}' could not be found in the input`)
  return found
}

/** Undefined when there is nothing. */
export function lookUp(text: string, { input, context }: Scope): unknown {
  let value: unknown = text.startsWith('$$') ? context : input
  for (const step of parsePath(text, 'a state')) {
    if (typeof step === 'number') value = Array.isArray(value) ? (value as readonly unknown[])[step] : undefined
    else value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
  }
  return value
}

/** The input with a value put where a ResultPath says; members on the way are made. @throws {PathProblem} when something else is in the way */
export function placedAt(text: string, input: unknown, value: unknown): unknown {
  return put(parsePath(text, 'ResultPath'), input)

  function put(path: Path, within: unknown): unknown {
    const [step, ...rest] = path
    if (step === undefined) return value
    if (typeof step === 'number' || (within !== undefined && !isObject(within)))
      throw new PathProblem(`The ResultPath '${text}' cannot be applied to the input`)
    return { ...within, [step]: put(rest, within?.[step]) }
  }
}

/** Fills a payload template in. @throws {PathProblem} */
export function filledIn(template: unknown, scope: Scope): unknown {
  if (Array.isArray(template)) return template.map((each) => filledIn(each, scope))
  if (!isObject(template)) return template
  return Object.fromEntries(
    Object.entries(template).map(([name, value]) =>
      name.endsWith('.$') ? [name.slice(0, -2), valueAt(String(value), scope)] : [name, filledIn(value, scope)],
    ),
  )
}

/** Every path in a template is one that is known. @throws {SandboxProblem} */
export function checkTemplate(template: unknown, place: string): void {
  if (Array.isArray(template)) template.forEach((each) => checkTemplate(each, place))
  if (!isObject(template)) return
  for (const [name, value] of Object.entries(template)) {
    if (!name.endsWith('.$')) checkTemplate(value, `${place}.${name}`)
    else if (typeof value !== 'string') throw new SandboxProblem(`${place}.${name}: a path is a text`)
    else if (value.startsWith('States.'))
      throw new SandboxProblem(`${place}.${name}: the sandbox does not know the intrinsic function in ${value}`)
    else parsePath(value, `${place}.${name}`)
  }
}
