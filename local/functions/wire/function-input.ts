/**
 * What CreateFunction and the updates of a function are given, and what of it there is here: a setting that would be missed is refused, one that makes no difference is kept and told again.
 * @module
 */
import { z } from 'zod'
import { FUNCTION_RUNTIMES } from '../runtime/runnable-function.ts'
import { invalid, notOffered } from './lambda-error.ts'

/** Clients send null for what they leave out. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)

const kept = z.looseObject({})

export const codeInput = z.object({
  ZipFile: optional(z.string()),
  S3Bucket: optional(z.string()),
  S3Key: optional(z.string()),
  ImageUri: optional(z.string()),
})

/** Of CreateFunction and UpdateFunctionConfiguration alike. */
const settings = {
  Runtime: optional(z.string()),
  Handler: optional(z.string().regex(/^[^\s]{1,128}$/, 'expected up to 128 characters without blanks')),
  Role: optional(
    z
      .string()
      .regex(
        /^arn:aws[a-z-]*:iam::\d{12}:role\/(?:[\x21-\x7e]*\/)?[\w+=,.@-]{1,64}$/,
        'expected the ARN of a role, such as arn:aws:iam::123456789012:role/rotation',
      ),
  ),
  Description: optional(z.string().max(256, 'expected up to 256 characters')),
  Timeout: optional(z.int('expected whole seconds').min(1, 'expected 1 to 900').max(900, 'expected 1 to 900')),
  MemorySize: optional(
    z.int('expected whole megabytes').min(128, 'expected 128 to 10240').max(10_240, 'expected 128 to 10240'),
  ),
  Environment: optional(z.object({ Variables: optional(z.record(z.string(), z.string())) })),
  VpcConfig: optional(
    z.looseObject({
      SubnetIds: optional(z.array(z.string())),
      SecurityGroupIds: optional(z.array(z.string())),
    }),
  ),
  KMSKeyArn: optional(z.string().max(2048)),
  TracingConfig: optional(z.object({ Mode: optional(z.enum(['Active', 'PassThrough'])) })),
  EphemeralStorage: optional(z.object({ Size: z.int().min(512).max(10_240) })),
  LoggingConfig: optional(kept),
  DeadLetterConfig: optional(z.looseObject({ TargetArn: optional(z.string()) })),
  Layers: optional(z.array(z.string())),
  FileSystemConfigs: optional(z.array(z.unknown())),
  ImageConfig: optional(kept),
  SnapStart: optional(z.looseObject({ ApplyOn: optional(z.string()) })),
  RevisionId: optional(z.string()),
}

const tags = z
  .record(z.string().min(1).max(128), z.string().max(256))
  .refine((given) => Object.keys(given).length <= 50, 'expected up to 50 tags')
  .refine((given) => !Object.keys(given).some((key) => /^aws:/i.test(key)), 'expected no key that begins with aws:')

export const tagsInput = z.object({ Tags: tags })

export const createInput = z.object({
  ...settings,
  FunctionName: z.string(),
  Code: codeInput,
  Publish: optional(z.boolean()),
  PackageType: optional(z.string()),
  Architectures: optional(z.array(z.enum(['x86_64', 'arm64'])).max(1)),
  CodeSigningConfigArn: optional(z.string()),
  Tags: optional(tags),
})

export const configurationInput = z.object(settings)

export const codeUpdateInput = codeInput.extend({
  Publish: optional(z.boolean()),
  DryRun: optional(z.boolean()),
  RevisionId: optional(z.string()),
  Architectures: optional(z.array(z.enum(['x86_64', 'arm64'])).max(1)),
})

export type Settings = z.output<typeof configurationInput>
export type CodeInput = z.output<typeof codeInput>

/** @throws {LambdaError} for what a function would miss */
export function requireOffered(given: Partial<z.output<typeof createInput>>): void {
  const { Layers = [], FileSystemConfigs = [], DeadLetterConfig, SnapStart, PackageType = 'Zip' } = given
  if (PackageType !== 'Zip' || given.ImageConfig !== undefined) throw notOffered('A container image')
  if (given.Publish === true) throw notOffered('A published version')
  if (Layers.length > 0) throw notOffered('A layer')
  if (FileSystemConfigs.length > 0) throw notOffered('A file system')
  if ((DeadLetterConfig?.TargetArn ?? '') !== '') throw notOffered('A dead-letter queue')
  if ((SnapStart?.ApplyOn ?? 'None') !== 'None') throw notOffered('SnapStart')
  if ((given.CodeSigningConfigArn ?? '') !== '') throw notOffered('Code signing')
}

/** @throws {LambdaError} */
export function runtimeOf(runtime: string): (typeof FUNCTION_RUNTIMES)[number] {
  const found = FUNCTION_RUNTIMES.find((one) => one === runtime)
  if (found !== undefined) return found
  throw invalid(
    `Value ${show(runtime)} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${FUNCTION_RUNTIMES.join(', ')}]`,
  )
}

/** Settings without a meaning here that were given, as they are told again. */
export function inertOf(given: Partial<z.output<typeof createInput>>): Record<string, unknown> {
  const { VpcConfig, KMSKeyArn, TracingConfig, EphemeralStorage, LoggingConfig, Architectures } = given
  return {
    ...(VpcConfig !== undefined && { VpcConfig: { VpcId: '', ...VpcConfig } }),
    ...(KMSKeyArn !== undefined && { KMSKeyArn }),
    ...(TracingConfig !== undefined && { TracingConfig }),
    ...(EphemeralStorage !== undefined && { EphemeralStorage }),
    ...(LoggingConfig !== undefined && { LoggingConfig }),
    ...(Architectures !== undefined && { Architectures }),
  }
}

/** Lambda quotas: 4 KB of variables. */
const ENVIRONMENT_LIMIT = 4096
const RESERVED: ReadonlySet<string> = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
])

/** No message holds a value: they may be secrets. @throws {LambdaError} */
export function environmentOf({ Environment }: Pick<Settings, 'Environment'>): Record<string, string> {
  const variables = Environment?.Variables ?? {}
  const names = Object.keys(variables)
  const odd = names.find((name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
  if (odd !== undefined)
    throw invalid(`${show(odd)} cannot be the name of a variable: expected letters, digits and underscores`)
  const reserved = names.filter((name) => RESERVED.has(name))
  if (reserved.length > 0)
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    )
  if (Object.values(variables).some((value) => value.includes('\0')))
    throw invalid('The value of a variable cannot hold the character NUL')
  const size = Buffer.byteLength(JSON.stringify(variables))
  if (size > ENVIRONMENT_LIMIT)
    throw invalid(
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit: they have ${size} bytes.`,
    )
  return variables
}

export const show = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)
