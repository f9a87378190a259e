/**
 * What a function is told by its environment, read once when it starts. A variable that is missing or makes no sense is named; its value is not repeated.
 * @module
 */
import type { KeyMode } from '../../core/ports/key-service.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Deployment {
  /** The prefix of all names. */
  readonly deployment: string
  readonly table: string
  readonly keyMode: KeyMode
  /** Twelve digits: the account that the secrets belong to. */
  readonly account: string
  readonly region: string
}

/** @throws {EnvironmentProblem} */
export function readDeployment(environment: Environment): Deployment {
  const read = (name: string, form: RegExp, expected: string): string => readVariable(environment, name, form, expected)
  return {
    deployment: readPrefix(environment),
    table: read('COFFER_TABLE', /^[A-Za-z0-9_.-]{3,255}$/, 'the name of a DynamoDB table'),
    keyMode: read('COFFER_KEY_MODE', /^(per-secret|shared)$/, 'per-secret or shared') as KeyMode,
    account: read('COFFER_ACCOUNT', /^\d{12}$/, 'twelve digits'),
    region: read('AWS_REGION', /^[a-z]{2,5}(-[a-z]+)+-\d$/, 'an AWS Region'),
  }
}

/** @throws {EnvironmentProblem} */
export const readPrefix = (environment: Environment): string =>
  readVariable(environment, 'COFFER_DEPLOYMENT', /^[a-z][a-z0-9-]*$/, 'the prefix of the deployment')

/** @throws {EnvironmentProblem} */
function readVariable(environment: Environment, name: string, form: RegExp, expected: string): string {
  const value = environment[name]
  if (value === undefined || value === '') throw new EnvironmentProblem(`${name} is not set; it must be ${expected}`)
  if (!form.test(value)) throw new EnvironmentProblem(`${name} is not ${expected}`)
  return value
}

export class EnvironmentProblem extends Error {
  override readonly name = 'EnvironmentProblem'
}
