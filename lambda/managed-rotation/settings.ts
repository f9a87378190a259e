/**
 * The settings of a managed rotation: the secret's ExternalSecretRotationMetadata, a list of keys and values. RotateSecret reads them too, to refuse bad ones when they are given; so nothing is imported
 * here that its function has no other need of.
 * @module
 */
import type { RotationSetting } from '../core/domain/rotation.ts'
import type {
  ExternalSecretRotationMetadataItem,
  GetRandomPasswordRequest,
} from '../core/model/secrets-manager.types.generated.ts'
import { RotationError } from './rotation-error.ts'
import { webhookUrlProblem } from './webhook-url.ts'

export const STRATEGIES = ['single-user', 'alternating-users', 'generic'] as const
export type StrategyName = (typeof STRATEGIES)[number]

export interface RotationSettings {
  /** Absent: the secret's JSON decides, between those for databases. */
  readonly strategy?: StrategyName
  /** Member of the secret's JSON that the generic strategy renews. */
  readonly field?: string
  readonly webhookUrl?: string
  readonly password: GetRandomPasswordRequest
}

const SHORTEST = 8
/** MySQL's caching_sha2_password takes no more. */
const LONGEST = 256
const DEFAULT_LENGTH = 32
/** Characters that break connection URLs and shell quotes. */
const DEFAULT_EXCLUDED = '/@"\'\\`'

/** What is wrong with a value, to be said after the name of its setting. */
type Problem = (text: string) => string | undefined

const anything: Problem = () => undefined
const flag: Problem = (text) => (text === 'true' || text === 'false' ? undefined : 'must be true or false')
const length: Problem = (text) =>
  /^\d{1,3}$/.test(text) && Number(text) >= SHORTEST && Number(text) <= LONGEST
    ? undefined
    : `must be a whole number from ${SHORTEST} to ${LONGEST}`
const strategy: Problem = (text) =>
  strategyNamed(text) === undefined ? `must be one of ${STRATEGIES.join(', ')}` : undefined

const known = new Map<string, Problem>([
  ['strategy', strategy],
  ['field', anything],
  ['webhookUrl', webhookUrlProblem],
  ['passwordLength', length],
  ['excludeCharacters', anything],
  ['excludeNumbers', flag],
  ['excludePunctuation', flag],
  ['excludeUppercase', flag],
  ['excludeLowercase', flag],
  ['includeSpace', flag],
  ['requireEachIncludedType', flag],
])

/** @throws {RotationError} BadSettings, which names the setting and what it may be */
export function parseSettings(items: readonly ExternalSecretRotationMetadataItem[] = []): RotationSettings {
  const pairs = items.map(({ Key = '', Value = '' }): [string, string] => [Key, Value])
  const twice = pairs.find(([key], index) => pairs.findIndex(([other]) => other === key) !== index)
  if (twice !== undefined) throw badSettings(`${JSON.stringify(twice[0])} is given twice`)
  const problems = [...badValues(pairs), ...unknownKeys(pairs)]
  if (problems.length > 0) throw badSettings(problems.join('; '))
  const given = new Map(pairs)
  const [named, field, webhookUrl] = [given.get('strategy'), given.get('field'), given.get('webhookUrl')]
  demandGeneric(named, { field, webhookUrl })
  const chosen = strategyNamed(named)
  return {
    ...(chosen !== undefined && { strategy: chosen }),
    ...(field !== undefined && { field }),
    ...(webhookUrl !== undefined && { webhookUrl }),
    password: passwordRequest(given),
  }
}

/** @returns what is wrong with settings that are about to be stored */
export function settingsProblem(settings: readonly RotationSetting[]): string | undefined {
  try {
    parseSettings(settings.map(({ key, value }) => ({ Key: key, Value: value })))
    return undefined
  } catch (error) {
    if (error instanceof RotationError) return error.message
    throw error
  }
}

export const badSettings = (what: string): RotationError =>
  new RotationError('BadSettings', `Settings of the managed rotation (ExternalSecretRotationMetadata): ${what}.`)

type Pairs = readonly (readonly [key: string, value: string])[]

const strategyNamed = (text: string | undefined): StrategyName | undefined => STRATEGIES.find((name) => name === text)

const badValues = (pairs: Pairs): string[] =>
  pairs.flatMap(([key, value]) => {
    const problem = known.get(key)?.(value)
    return problem === undefined ? [] : [`${key} ${problem}`]
  })

function unknownKeys(pairs: Pairs): string[] {
  const unknown = pairs.filter(([key]) => !known.has(key)).map(([key]) => JSON.stringify(key))
  if (unknown.length === 0) return []
  return [`${unknown.join(', ')} is not known; the settings are ${[...known.keys()].join(', ')}`]
}

/** Nothing else may decide for it: a password that is renewed in the secret alone would be wrong for a database. */
function demandGeneric(named: string | undefined, { field, webhookUrl }: ForGeneric): void {
  if (named === 'generic' || (field === undefined && webhookUrl === undefined)) return
  const setting = field === undefined ? 'webhookUrl' : 'field'
  throw badSettings(
    `${setting} is of the strategy generic, and strategy is ${named ?? 'not given'}; give strategy=generic with it`,
  )
}

interface ForGeneric {
  readonly field: string | undefined
  readonly webhookUrl: string | undefined
}

function passwordRequest(given: ReadonlyMap<string, string>): GetRandomPasswordRequest {
  const flagOf = (name: string, byDefault = false): boolean => {
    const text = given.get(name)
    return text === undefined ? byDefault : text === 'true'
  }
  return {
    PasswordLength: Number(given.get('passwordLength') ?? DEFAULT_LENGTH),
    ExcludeCharacters: given.get('excludeCharacters') ?? DEFAULT_EXCLUDED,
    ExcludeNumbers: flagOf('excludeNumbers'),
    ExcludePunctuation: flagOf('excludePunctuation'),
    ExcludeUppercase: flagOf('excludeUppercase'),
    ExcludeLowercase: flagOf('excludeLowercase'),
    IncludeSpace: flagOf('includeSpace'),
    RequireEachIncludedType: flagOf('requireEachIncludedType', true),
  }
}
