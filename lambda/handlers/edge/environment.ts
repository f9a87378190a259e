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
  /** All that the deployment is in. */
  readonly regions: readonly string[]
}

/** Where no Regions are told, there are no other ones. @throws {EnvironmentProblem} */
export function readDeployment(environment: Environment): Deployment {
  const read = (name: string, form: RegExp, expected: string): string => readVariable(environment, name, form, expected)
  const place = {
    deployment: readPrefix(environment),
    table: read('COFFER_TABLE', /^[A-Za-z0-9_.-]{3,255}$/, 'the name of a DynamoDB table'),
    keyMode: read('COFFER_KEY_MODE', /^(per-secret|shared)$/, 'per-secret or shared') as KeyMode,
    account: read('COFFER_ACCOUNT', /^\d{12}$/, 'twelve digits'),
    region: read('AWS_REGION', REGION, 'an AWS Region'),
  }
  const regions = optionalVariable(environment, 'COFFER_REGIONS', REGION_LIST, 'AWS Regions between commas')
  return { ...place, regions: listIn(regions ?? place.region) }
}

const REGION = /^[a-z]{2,5}(-[a-z]+)+-\d$/
const REGION_LIST = /^[a-z]{2,5}(-[a-z]+)+-\d(,[a-z]{2,5}(-[a-z]+)+-\d)*$/

/** How access is decided. */
export interface AccessSettings {
  /** For how long a snapshot of identities serves that could not be renewed. */
  readonly graceMinutes: number
  /** Condition keys that count as satisfied. */
  readonly enforcedAtApi: readonly string[]
  /** Of an emulator, where there is one. */
  readonly lambdaEndpoint?: string
}

/** What is not set has the meaning that lets fewer in: no grace, and nothing that counts as satisfied. @throws {EnvironmentProblem} */
export function readAccessSettings(environment: Environment): AccessSettings {
  const grace =
    optionalVariable(environment, 'COFFER_IDENTITY_GRACE_MINUTES', /^\d{1,4}$/, 'a number of minutes') ?? '0'
  const keys = optionalVariable(environment, 'COFFER_ENFORCED_AT_API', KEY_LIST, 'condition keys between commas') ?? ''
  const endpoint = endpointOf(environment, 'LAMBDA')
  return {
    graceMinutes: Number(grace),
    enforcedAtApi: keys === '' ? [] : keys.split(','),
    ...(endpoint !== undefined && { lambdaEndpoint: endpoint }),
  }
}

/** As the SDK reads them. */
export const endpointOf = (environment: Environment, service: 'LAMBDA' | 'SNS'): string | undefined =>
  environment[`AWS_ENDPOINT_URL_${service}`] ?? environment.AWS_ENDPOINT_URL

/** Which functions may rotate secrets. */
export interface RotationSettings {
  /** Names of functions of this account and Region, with `*` for any part, and ARNs of others. */
  readonly allowedFunctions: readonly string[]
  /** Of an emulator, where there is one. */
  readonly lambdaEndpoint?: string
}

/** What is not set has the meaning that lets fewer in: no function but managed rotation's. @throws {EnvironmentProblem} */
export function readRotationSettings(environment: Environment): RotationSettings {
  const expected = 'names or ARNs of functions between commas'
  const endpoint = endpointOf(environment, 'LAMBDA')
  return {
    allowedFunctions: listIn(optionalVariable(environment, 'COFFER_ROTATION_FUNCTIONS', FUNCTION_LIST, expected)),
    ...(endpoint !== undefined && { lambdaEndpoint: endpoint }),
  }
}

const FUNCTION_LIST = /^[\w*:$-]+(,[\w*:$-]+)*$/

/** What managed rotation may do. */
export interface ManagedRotationSettings {
  readonly webhookOrigins: readonly string[]
  readonly allowsPlaintext: boolean
}

/** @throws {EnvironmentProblem} */
export function readManagedRotationSettings(environment: Environment): ManagedRotationSettings {
  const expected = 'origins between commas'
  return {
    webhookOrigins: listIn(optionalVariable(environment, 'COFFER_WEBHOOK_ORIGINS', ORIGIN_LIST, expected)),
    allowsPlaintext:
      optionalVariable(environment, 'COFFER_ALLOW_PLAINTEXT', /^(true|false)$/, 'true or false') === 'true',
  }
}

const ORIGIN_LIST = /^https:\/\/[^\s,/]+(\/[^\s,]*)?(,https:\/\/[^\s,/]+(\/[^\s,]*)?)*$/

const listIn = (text = ''): readonly string[] => (text === '' ? [] : text.split(','))

const KEY_LIST = /^aws:[\w/+=.@:-]+(,aws:[\w/+=.@:-]+)*$/

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

const optionalVariable: (...given: Parameters<typeof readVariable>) => string | undefined = (
  environment,
  name,
  ...rest
) =>
  environment[name] === undefined || environment[name] === '' ? undefined : readVariable(environment, name, ...rest)

export class EnvironmentProblem extends Error {
  override readonly name = 'EnvironmentProblem'
}
