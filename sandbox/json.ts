/**
 * Reading JSON whose shape is not known yet: templates, events and AWS calls. What is not as expected is named with its place.
 * @module
 */
export type JsonObject = Readonly<Record<string, unknown>>

/** Something in a template, a policy or a call that the sandbox cannot make sense of. It never guesses. */
export class SandboxProblem extends Error {
  override readonly name = 'SandboxProblem'
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function objectOf(value: unknown, place: string): JsonObject {
  if (!isObject(value)) throw unexpected(value, 'an object', place)
  return value
}

/** An object that may be left out. */
export const optionalObject = (value: unknown, place: string): JsonObject =>
  value === undefined ? {} : objectOf(value, place)

export function listOf(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unexpected(value, 'a list', place)
  return value
}

/** A list, or one thing that stands for a list of one; nothing for an empty list. */
export const oneOrMany = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly unknown[]) : [value]

export function textOf(value: unknown, place: string): string {
  if (typeof value !== 'string') throw unexpected(value, 'a text', place)
  return value
}

export const optionalText = (value: unknown, place: string): string | undefined =>
  value === undefined ? undefined : textOf(value, place)

/** CloudFormation takes numbers as texts too. */
export function numberOf(value: unknown, place: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) throw unexpected(value, 'a number', place)
  return number
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Names the kind of what was found, never its content: it may be a caller's. */
const unexpected = (value: unknown, expected: string, place: string): SandboxProblem =>
  new SandboxProblem(`${place}: expected ${expected}, found ${Array.isArray(value) ? 'a list' : typeof value}`)
