/**
 * What can be set on an embedded Coffer: one table of options, each a flag and an environment variable, and the secrets that come from the environment only
 * (a flag would show in `ps`).
 * @module
 */
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { KeyMode } from '../lambda/core/ports/key-service.ts'
import { parseIsoTime } from './duration.ts'
import { COMMERCIAL_REGIONS } from './regions.ts'

export interface ServeConfig {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Absolute. */
  readonly dataDir: string
  /** As far as it was given: else the data directory's own, else {@link DEFAULT_ACCOUNT}. */
  readonly account?: string
  readonly regions: readonly string[]
  /** Absolute path of the identities file. */
  readonly identities?: string
  readonly keyMode: KeyMode
  /** Start of the virtual clock, epoch milliseconds; absent: real time. */
  readonly clock?: number
  readonly logFormat: 'json' | 'text'
  /** Paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

export const DEFAULT_ACCOUNT = '123456789012'

/** What was given and what was expected, one line per problem. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem'
}

interface Option {
  readonly flag: string
  /** In --help. */
  readonly placeholder: string
  readonly env: string
  readonly description: string
  readonly fallback?: string
  /** What a valid value is, for the error message. */
  readonly expected: string
  readonly schema: z.ZodType<unknown, string>
}

const REGION_NAME = /^[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4}$/
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/

const filePath = z
  .string()
  .min(1)
  .transform((path) => resolve(path))

export const serveOptions = {
  host: {
    flag: '--host',
    placeholder: '<address>',
    env: 'COFFER_HOST',
    description: 'address to listen on',
    fallback: '127.0.0.1',
    expected: 'an IP address or a host name',
    schema: z.string().refine((host) => isIP(host) !== 0 || HOST_NAME.test(host)),
  },
  port: {
    flag: '--port',
    placeholder: '<number>',
    env: 'COFFER_PORT',
    description: 'port to listen on; 0 takes a free one',
    fallback: '7766',
    expected: 'a number from 0 to 65535',
    schema: z
      .string()
      .regex(/^\d{1,5}$/)
      .transform(Number)
      .refine((port) => port <= 65535),
  },
  dataDir: {
    flag: '--data-dir',
    placeholder: '<directory>',
    env: 'COFFER_DATA_DIR',
    description:
      'where everything is kept, made on the first start; the default is in the current directory and git-ignored in a clone',
    fallback: '.coffer',
    expected: 'a directory',
    schema: filePath,
  },
  account: {
    flag: '--account',
    placeholder: '<id>',
    env: 'COFFER_ACCOUNT',
    description: `AWS account id of the admin user (default: the data directory's, at first ${DEFAULT_ACCOUNT})`,
    expected: '12 digits',
    schema: z.string().regex(/^\d{12}$/),
  },
  regions: {
    flag: '--regions',
    placeholder: '<list>',
    env: 'COFFER_REGIONS',
    description: 'Regions to serve, separated by commas (default: all commercial AWS Regions)',
    expected: 'Region names separated by commas, such as us-east-1,eu-west-1',
    schema: z
      .string()
      .transform((list) => [...new Set(list.split(',').map((name) => name.trim()))])
      .refine((names) => names.every((name) => REGION_NAME.test(name))),
  },
  identities: {
    flag: '--identities',
    placeholder: '<file>',
    env: 'COFFER_IDENTITIES',
    description:
      'YAML or JSON file of accounts, users, groups, roles and policies, read again when it changes (docs/identities-file.md)',
    expected: 'a file',
    schema: filePath,
  },
  keyMode: {
    flag: '--key-mode',
    placeholder: '<mode>',
    env: 'COFFER_KEY_MODE',
    description: 'per-secret: a KMS key for each secret; shared: one per account and Region',
    fallback: 'per-secret',
    expected: 'per-secret or shared',
    schema: z.enum(['per-secret', 'shared']),
  },
  clock: {
    flag: '--clock',
    placeholder: '<time>',
    env: 'COFFER_CLOCK',
    description:
      'start a virtual clock at this time, which `coffer clock` moves forward; for tests (default: real time)',
    expected: 'an ISO 8601 time such as 2026-01-31T12:00:00Z, or a date',
    schema: z
      .string()
      .transform(parseIsoTime)
      .refine((time) => time !== undefined),
  },
  logFormat: {
    flag: '--log-format',
    placeholder: '<format>',
    env: 'COFFER_LOG_FORMAT',
    description: 'json or text, one line per request on standard output',
    fallback: 'text',
    expected: 'json or text',
    schema: z.enum(['json', 'text']),
  },
  tlsCert: {
    flag: '--tls-cert',
    placeholder: '<file>',
    env: 'COFFER_TLS_CERT',
    description: 'PEM certificate chain: serve https (with --tls-key)',
    expected: 'a file',
    schema: filePath,
  },
  tlsKey: {
    flag: '--tls-key',
    placeholder: '<file>',
    env: 'COFFER_TLS_KEY',
    description: 'PEM private key of --tls-cert',
    expected: 'a file',
    schema: filePath,
  },
} as const satisfies Record<string, Option>

type OptionName = keyof typeof serveOptions
type OptionValues = { [Name in OptionName]?: z.output<(typeof serveOptions)[Name]['schema']> }

export type Flags = Readonly<Partial<Record<OptionName, string>>>
export type Environment = Record<string, string | undefined>

/** A flag wins over its variable; an empty variable counts as not set. @throws {ConfigProblem} naming every bad option */
export function readServeConfig(flags: Flags, environment: Environment): ServeConfig {
  const values = readOptions(Object.keys(serveOptions) as OptionName[], flags, environment)
  const {
    host = '',
    port = 0,
    dataDir = '',
    keyMode = 'per-secret',
    logFormat = 'text',
    account,
    clock,
    identities,
  } = values
  return {
    host,
    port,
    dataDir,
    regions: values.regions ?? COMMERCIAL_REGIONS,
    keyMode,
    logFormat,
    ...(account === undefined ? {} : { account }),
    ...(clock === undefined ? {} : { clock }),
    ...(identities === undefined ? {} : { identities }),
    ...tlsOf(values),
  }
}

/** The data directory alone, for commands that open it without serving. */
export function readDataDir(flags: Flags, environment: Environment): string {
  return readOptions(['dataDir'], flags, environment).dataDir ?? ''
}

function tlsOf({ tlsCert, tlsKey }: OptionValues): Pick<ServeConfig, 'tls'> {
  if (tlsCert === undefined && tlsKey === undefined) return {}
  if (tlsCert !== undefined && tlsKey !== undefined) return { tls: { cert: tlsCert, key: tlsKey } }
  const [given, missing] = tlsCert === undefined ? (['tlsKey', 'tlsCert'] as const) : (['tlsCert', 'tlsKey'] as const)
  throw new ConfigProblem(
    `${serveOptions[given].flag} (${serveOptions[given].env}) was given without ${serveOptions[missing].flag} (${serveOptions[missing].env}): https needs both`,
  )
}

function readOptions(names: readonly OptionName[], flags: Flags, environment: Environment): OptionValues {
  const values: Partial<Record<OptionName, unknown>> = {}
  const problems: string[] = []
  for (const name of names) {
    const option: Option = serveOptions[name]
    const flag = flags[name]
    const text = flag ?? textOf(environment[option.env]) ?? option.fallback
    if (text === undefined) continue
    const result = option.schema.safeParse(text)
    if (result.success) values[name] = result.data
    else problems.push(`${flag === undefined ? option.env : option.flag} is ${show(text)}, expected ${option.expected}`)
  }
  if (problems.length > 0) throw new ConfigProblem(problems.join('\n'))
  return values as OptionValues
}

/** An empty variable is as good as none: that is how shells and compose files leave one out. */
function textOf(variable: string | undefined): string | undefined {
  return variable === '' ? undefined : variable
}

function show(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)
}

/** A chosen admin access key, for CI. */
export interface ChosenAdminKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface EnvironmentSecrets {
  readonly masterKey?: string
  readonly masterPassphrase?: string
  readonly adminKey?: ChosenAdminKey
}

const SECRET_VARIABLES = {
  masterKey: 'COFFER_MASTER_KEY',
  masterPassphrase: 'COFFER_MASTER_PASSPHRASE',
  adminId: 'COFFER_ADMIN_ACCESS_KEY_ID',
  adminSecret: 'COFFER_ADMIN_SECRET_ACCESS_KEY',
} as const

/**
 * Takes the secrets out of `environment`: afterwards they are in no child process and in no diagnostic report. Messages never show a secret.
 * @throws {ConfigProblem}
 */
export function takeSecrets(environment: Environment): EnvironmentSecrets {
  const take = (variable: string): string | undefined => {
    const value = environment[variable]
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- process.env turns an assigned undefined into the text "undefined"
    delete environment[variable]
    return textOf(value)
  }
  const masterKey = take(SECRET_VARIABLES.masterKey)
  const masterPassphrase = take(SECRET_VARIABLES.masterPassphrase)
  const adminKey = chosenAdminKey(take(SECRET_VARIABLES.adminId), take(SECRET_VARIABLES.adminSecret))
  if (masterKey !== undefined && masterPassphrase !== undefined)
    throw new ConfigProblem(
      `${SECRET_VARIABLES.masterKey} and ${SECRET_VARIABLES.masterPassphrase} are both set: give the one that this data directory was made with`,
    )
  return {
    ...(masterKey === undefined ? {} : { masterKey }),
    ...(masterPassphrase === undefined ? {} : { masterPassphrase }),
    ...(adminKey === undefined ? {} : { adminKey }),
  }
}

function chosenAdminKey(id: string | undefined, secret: string | undefined): ChosenAdminKey | undefined {
  const { adminId, adminSecret } = SECRET_VARIABLES
  if (id === undefined && secret === undefined) return undefined
  if (id === undefined || secret === undefined) {
    const [given, missing] = id === undefined ? [adminSecret, adminId] : [adminId, adminSecret]
    throw new ConfigProblem(`${given} was given without ${missing}: a chosen admin access key needs both`)
  }
  if (!/^[A-Za-z0-9_]{16,128}$/.test(id))
    throw new ConfigProblem(`${adminId} is ${show(id)}, expected 16 to 128 letters, digits and underscores`)
  if (!/^[\x21-\x7e]{8,128}$/.test(secret))
    throw new ConfigProblem(
      `${adminSecret} has ${secret.length} characters, expected 8 to 128 printable ASCII characters without blanks`,
    )
  return { accessKeyId: id, secretAccessKey: secret }
}

/**
 * The variables that the identities file names. Each is taken out of the environment when it is first asked for, and kept for when the file is read again.
 */
export function takenVariables(environment: Environment): (name: string) => string | undefined {
  const taken = new Map<string, string>()
  return (name) => {
    const value = textOf(environment[name])
    if (value !== undefined) {
      taken.set(name, value)
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- process.env turns an assigned undefined into the text "undefined"
      delete environment[name]
    }
    return taken.get(name)
  }
}
