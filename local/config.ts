/**
 * What can be set on an embedded Coffer: one table of options, each a flag and an environment variable, and the secrets that come from the environment only
 * (a flag would show in `ps`).
 * @module
 */
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { KeyMode } from '../lambda/core/ports/key-service.ts'
import { parseDuration, parseIsoTime } from './duration.ts'
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
  /** Where functions are invoked that are not known here. */
  readonly lambdaUrl?: string
  /** Which accounts may bring functions, which run as the server's own user. */
  readonly functions: 'admin' | 'all' | 'off'
  /** Path or name of the Python that functions run on; absent: `python3`. */
  readonly python?: string
  readonly rotation: RotationConfig
  /** Milliseconds of the domain's clock until another Region sees a change. */
  readonly replicationLagMs: number
  /** Where service events are sent. The URL itself may be a secret. */
  readonly eventWebhook?: string
}

export interface RotationConfig {
  /** Rotations that are carried out at a time. */
  readonly concurrency: number
  /** Origins such as `https://hooks.example.com` that managed rotation may call, or beginnings of URLs such as `https://hooks.example.com/coffer/`. */
  readonly webhookOrigins: readonly string[]
  /** Names and addresses of databases on this machine that secrets of other accounts than the admin's may name. */
  readonly databaseHosts: readonly string[]
  /** Whether managed rotation may talk to databases without TLS. */
  readonly allowsPlaintext: boolean
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
  /** The value is not repeated in messages. */
  readonly isConcealed?: true
  readonly schema: z.ZodType<unknown, string>
}

const REGION_NAME = /^[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4}$/
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/

const filePath = z
  .string()
  .min(1)
  .transform((path) => resolve(path))

const LONGEST_LAG_MS = 3650 * 86_400_000

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
  functions: {
    flag: '--functions',
    placeholder: '<accounts>',
    env: 'COFFER_FUNCTIONS',
    description:
      "accounts that may bring functions, which run as the server's own user: admin (the admin's), all or off",
    fallback: 'admin',
    expected: 'admin, all or off',
    schema: z.enum(['admin', 'all', 'off']),
  },
  lambdaUrl: {
    flag: '--lambda-url',
    placeholder: '<url>',
    env: 'COFFER_LAMBDA_URL',
    description: 'invoke functions that `coffer functions` does not know at this URL, as Lambda is invoked',
    expected:
      'an https URL, or an http URL of this machine or of a container network, such as http://127.0.0.1:9001, without a user, a query or a fragment',
    schema: z.string().refine(isFunctionUrl),
  },
  python: {
    flag: '--python',
    placeholder: '<program>',
    env: 'COFFER_PYTHON',
    description: 'Python that runs Python functions (default: python3)',
    expected: 'the path or the name of a program',
    schema: z.string().refine((program) => !program.includes('\0')),
  },
  rotationConcurrency: {
    flag: '--rotation-concurrency',
    placeholder: '<number>',
    env: 'COFFER_ROTATION_CONCURRENCY',
    description: 'rotations that are carried out at a time; others wait for their turn',
    fallback: '10',
    expected: 'a number from 1 to 100',
    schema: z
      .string()
      .regex(/^\d{1,3}$/)
      .transform(Number)
      .refine((count) => count >= 1 && count <= 100),
  },
  rotationWebhookOrigins: {
    flag: '--rotation-webhook-origins',
    placeholder: '<list>',
    env: 'COFFER_ROTATION_WEBHOOK_ORIGINS',
    description:
      'origins, separated by commas, that managed rotation may send new values to by its setting webhookUrl; with a path, such as https://hooks.example.com/coffer/, only that path and those below it (default: none)',
    expected:
      'https origins separated by commas, such as https://hooks.example.com (http for this machine only), with a path or without, and nothing after it',
    schema: z
      .string()
      .transform((list) => [...new Set(list.split(',').map((origin) => webhookBeginning(origin.trim())))])
      .refine((origins): origins is string[] => !origins.includes(undefined)),
  },
  rotationDatabaseHosts: {
    flag: '--rotation-database-hosts',
    placeholder: '<list>',
    env: 'COFFER_ROTATION_DATABASE_HOSTS',
    description:
      "hosts, separated by commas, that secrets of other accounts than the admin's may name for managed rotation though they are this machine or link-local (default: none)",
    expected: 'names and addresses separated by commas, such as localhost,127.0.0.1,::1',
    schema: z
      .string()
      .transform((list) => [...new Set(list.split(',').map((host) => host.trim()))])
      .refine((hosts) => hosts.every((host) => isIP(host) !== 0 || HOST_NAME.test(host))),
  },
  rotationAllowPlaintext: {
    flag: '--rotation-allow-plaintext',
    placeholder: '<on|off>',
    env: 'COFFER_ROTATION_ALLOW_PLAINTEXT',
    description: 'on: managed rotation may log in to databases without TLS where the secret says "ssl": false',
    fallback: 'off',
    expected: 'on or off',
    schema: z.enum(['on', 'off']).transform((choice) => choice === 'on'),
  },
  replicationLag: {
    flag: '--replication-lag',
    placeholder: '<duration>',
    env: 'COFFER_REPLICATION_LAG',
    description:
      'how long other Regions take to see a change, by the clock of --clock; `coffer replication network` changes it',
    fallback: '0s',
    expected: 'a duration such as 500ms or 5s, of ten years at most',
    schema: z
      .string()
      .transform(parseDuration)
      .refine((lag) => lag !== undefined && lag <= LONGEST_LAG_MS),
  },
  eventWebhook: {
    flag: '--event-webhook',
    placeholder: '<url>',
    env: 'COFFER_EVENT_WEBHOOK',
    description:
      'send events of rotations and replication to this URL, signed where COFFER_EVENT_WEBHOOK_KEY is set (docs/rotation.md)',
    expected:
      'an https URL, or an http URL of this machine or of a container network, such as http://127.0.0.1:9002/events, without a user or a fragment',
    isConcealed: true,
    schema: z.string().refine(isEventUrl),
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
    functions = 'admin',
    logFormat = 'text',
    account,
    clock,
    identities,
    lambdaUrl,
    python,
    eventWebhook,
  } = values
  return {
    host,
    port,
    dataDir,
    regions: values.regions ?? COMMERCIAL_REGIONS,
    keyMode,
    functions,
    logFormat,
    ...(account === undefined ? {} : { account }),
    ...(clock === undefined ? {} : { clock }),
    ...(identities === undefined ? {} : { identities }),
    ...(lambdaUrl === undefined ? {} : { lambdaUrl }),
    ...(python === undefined ? {} : { python }),
    ...(eventWebhook === undefined ? {} : { eventWebhook }),
    rotation: rotationOf(values),
    replicationLagMs: values.replicationLag ?? 0,
    ...tlsOf(values),
  }
}

/** The data directory alone, for commands that open it without serving. */
export function readDataDir(flags: Flags, environment: Environment): string {
  return readOptions(['dataDir'], flags, environment).dataDir ?? ''
}

const rotationOf = ({
  rotationConcurrency: concurrency = 10,
  rotationWebhookOrigins: webhookOrigins = [],
  rotationDatabaseHosts: databaseHosts = [],
  rotationAllowPlaintext: allowsPlaintext = false,
}: OptionValues): RotationConfig => ({ concurrency, webhookOrigins, databaseHosts, allowsPlaintext })

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
    else {
      const what = option.isConcealed ? 'cannot be used' : `is ${show(text)}`
      problems.push(`${flag === undefined ? option.env : option.flag} ${what}, expected ${option.expected}`)
    }
  }
  if (problems.length > 0) throw new ConfigProblem(problems.join('\n'))
  return values as OptionValues
}

/**
 * Functions are told the token of their rotation: in plain text that goes no further than this machine, or a network of containers, whose names have no dots.
 */
function isFunctionUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null) return false
  const { username, password, search, hash, protocol, hostname } = url
  if ([username, password, search, hash].some((part) => part !== '')) return false
  if (protocol === 'https:') return true
  return protocol === 'http:' && (isLoopback(hostname) || /^[\w-]+$/.test(hostname) || hostname === DOCKER_HOST)
}

/** Events name secrets, databases and functions. A query is usual: many receivers know their callers by it. */
function isEventUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null) return false
  url.search = ''
  return isFunctionUrl(url.href)
}

/** @returns an origin, or with a path the URL; undefined for what is neither, or where new values must not be sent to */
function webhookBeginning(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null) return undefined
  const isHere = url.protocol === 'http:' && (isLoopback(url.hostname) || url.hostname === 'localhost')
  if (url.protocol !== 'https:' && !isHere) return undefined
  const beginning = url.pathname === '/' ? url.origin : url.origin + url.pathname
  // A user, a query, a fragment, or dots that were resolved: not what it seemed to be.
  return text === beginning || text === `${url.origin}/` ? beginning : undefined
}

const isLoopback = (host: string): boolean => /^127(?:\.\d+){3}$/.test(host) || host === '[::1]'
const DOCKER_HOST = 'host.docker.internal'

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
  /** Signs events that go to the webhook. */
  readonly eventWebhookKey?: string
}

const SECRET_VARIABLES = {
  masterKey: 'COFFER_MASTER_KEY',
  masterPassphrase: 'COFFER_MASTER_PASSPHRASE',
  adminId: 'COFFER_ADMIN_ACCESS_KEY_ID',
  adminSecret: 'COFFER_ADMIN_SECRET_ACCESS_KEY',
  eventWebhookKey: 'COFFER_EVENT_WEBHOOK_KEY',
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
  const eventWebhookKey = take(SECRET_VARIABLES.eventWebhookKey)
  if (eventWebhookKey !== undefined && eventWebhookKey.length < SHORTEST_WEBHOOK_KEY)
    throw new ConfigProblem(
      `${SECRET_VARIABLES.eventWebhookKey} has ${eventWebhookKey.length} characters, expected at least ${SHORTEST_WEBHOOK_KEY}`,
    )
  if (masterKey !== undefined && masterPassphrase !== undefined)
    throw new ConfigProblem(
      `${SECRET_VARIABLES.masterKey} and ${SECRET_VARIABLES.masterPassphrase} are both set: give the one that this data directory was made with`,
    )
  return {
    ...(masterKey === undefined ? {} : { masterKey }),
    ...(masterPassphrase === undefined ? {} : { masterPassphrase }),
    ...(adminKey === undefined ? {} : { adminKey }),
    ...(eventWebhookKey === undefined ? {} : { eventWebhookKey }),
  }
}

const SHORTEST_WEBHOOK_KEY = 16

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
