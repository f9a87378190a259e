/**
 * The settings of a managed rotation: the secret's ExternalSecretRotationMetadata, a list of keys and values.
 * @module
 */
import { z } from 'zod'
import type {
  ExternalSecretRotationMetadataItem,
  GetRandomPasswordRequest,
} from '../core/model/secrets-manager.types.generated.ts'
import { RotationError } from './rotation-error.ts'

export const STRATEGIES = ['single-user', 'alternating-users', 'generic'] as const
export type StrategyName = (typeof STRATEGIES)[number]

export interface RotationSettings {
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

const flag = z.enum(['true', 'false'], { error: 'must be true or false' }).transform((text) => text === 'true')
const length = z
  .string()
  .regex(/^\d{1,3}$/, { error: `must be a whole number from ${SHORTEST} to ${LONGEST}` })
  .transform(Number)
  .refine((count) => count >= SHORTEST && count <= LONGEST, {
    error: `must be a whole number from ${SHORTEST} to ${LONGEST}`,
  })

const known = {
  strategy: z.enum(STRATEGIES, { error: `must be one of ${STRATEGIES.join(', ')}` }).optional(),
  field: z.string().optional(),
  webhookUrl: z.string().optional(),
  passwordLength: length.optional(),
  excludeCharacters: z.string().optional(),
  excludeNumbers: flag.optional(),
  excludePunctuation: flag.optional(),
  excludeUppercase: flag.optional(),
  excludeLowercase: flag.optional(),
  includeSpace: flag.optional(),
  requireEachIncludedType: flag.optional(),
}
const schema = z.strictObject(known)

/** @throws {RotationError} BadSettings, which names the setting and what it may be */
export function parseSettings(items: readonly ExternalSecretRotationMetadataItem[] = []): RotationSettings {
  const pairs = items.map(({ Key = '', Value = '' }): [string, string] => [Key, Value])
  const twice = pairs.find(([key], index) => pairs.findIndex(([other]) => other === key) !== index)
  if (twice !== undefined) throw badSettings(`${JSON.stringify(twice[0])} is given twice`)
  const parsed = schema.safeParse(Object.fromEntries(pairs))
  if (!parsed.success) throw badSettings(parsed.error.issues.map(describeIssue).join('; '))
  const { strategy, field, webhookUrl, ...password } = parsed.data
  return {
    ...(strategy !== undefined && { strategy }),
    ...(field !== undefined && { field }),
    ...(webhookUrl !== undefined && { webhookUrl }),
    password: passwordRequest(password),
  }
}

type PasswordSettings = Omit<z.infer<typeof schema>, 'strategy' | 'field' | 'webhookUrl'>

const passwordRequest = (given: PasswordSettings): GetRandomPasswordRequest => ({
  PasswordLength: given.passwordLength ?? DEFAULT_LENGTH,
  ExcludeCharacters: given.excludeCharacters ?? DEFAULT_EXCLUDED,
  ExcludeNumbers: given.excludeNumbers ?? false,
  ExcludePunctuation: given.excludePunctuation ?? false,
  ExcludeUppercase: given.excludeUppercase ?? false,
  ExcludeLowercase: given.excludeLowercase ?? false,
  IncludeSpace: given.includeSpace ?? false,
  RequireEachIncludedType: given.requireEachIncludedType ?? true,
})

const describeIssue = (issue: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys'
    ? `${issue.keys.map((key) => JSON.stringify(key)).join(', ')} is not known; the settings are ${Object.keys(known).join(', ')}`
    : `${issue.path.join('.')} ${issue.message}`

export const badSettings = (what: string): RotationError =>
  new RotationError('BadSettings', `Settings of the managed rotation (ExternalSecretRotationMetadata): ${what}.`)
