/**
 * A database secret: the JSON that AWS's rotation templates define, parsed into what it takes to log in.
 * @module
 */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { z } from 'zod'
import { RotationError } from './rotation-error.ts'

export type EngineKind = 'postgres' | 'mysql' | 'redis'

interface EngineFacts {
  readonly kind: EngineKind
  readonly port: number
  /** Longest user name; PostgreSQL would cut a longer one without a word. */
  readonly longestName?: { readonly count: number; readonly of: 'bytes' | 'characters' }
}

const postgres: EngineFacts = { kind: 'postgres', port: 5432, longestName: { count: 63, of: 'bytes' } }
const mysql: EngineFacts = { kind: 'mysql', port: 3306, longestName: { count: 32, of: 'characters' } }
const redis: EngineFacts = { kind: 'redis', port: 6379 }

/** By the `engine` of a secret. */
const engines = new Map<string, EngineFacts>([
  ['postgres', postgres],
  ['postgresql', postgres],
  ['aurora-postgresql', postgres],
  ['mysql', mysql],
  ['aurora-mysql', mysql],
  ['mariadb', { ...mysql, longestName: { count: 80, of: 'characters' } }],
  ['redis', redis],
  ['valkey', redis],
])

export const isEngine = (name: unknown): boolean => typeof name === 'string' && engines.has(name.toLowerCase())
export const engineNames = (): string => [...engines.keys()].join(', ')

/** How to reach a database and as whom. */
export interface Login {
  readonly kind: EngineKind
  /** As the secret calls it, such as `mariadb`; for messages. */
  readonly engine?: string
  readonly host: string
  readonly port: number
  readonly dbname?: string
  readonly username: string
  /** Sensitive. */
  readonly password: string
  /** `false`: plain text. `authorities`: PEM of the only CAs to trust; else those of Node. */
  readonly tls: false | { readonly authorities?: string }
}

export interface DatabaseSecret {
  readonly login: Login
  /** ARN of the admin's secret. */
  readonly masterarn?: string
  readonly longestName?: EngineFacts['longestName']
  /** Sensitive: the JSON to the letter, for the next value. */
  readonly source: string
}

const NO_NUL = 'must not hold a NUL character'
const text = z
  .string({ error: 'must be a text' })
  .min(1, { error: 'is empty' })
  .refine((value) => !value.includes('\0'), { error: NO_NUL })
/** Templates write null for what is absent. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined)
const PORT = 'must be a port number'
const digits = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
const schema = z.looseObject({
  engine: z.string({ error: 'is missing' }),
  // No socket path: the drivers would take one, and a socket may let this process in without a password.
  host: z
    .string({ error: 'is missing' })
    .regex(/^[A-Za-z0-9:][A-Za-z0-9._:-]{0,252}$/, { error: 'must be a host name or an address' }),
  port: optional(
    z.union([z.int(), digits], { error: PORT }).refine((port) => port > 0 && port < 65_536, { error: PORT }),
  ),
  dbname: optional(z.string({ error: 'must be a text' }).refine((value) => !value.includes('\0'), { error: NO_NUL })),
  username: optional(text.max(1024, { error: 'is too long' })),
  password: z.string({ error: 'is missing' }).pipe(text),
  masterarn: optional(z.string({ error: 'must be the ARN of a secret' }).min(1, { error: 'is empty' })),
  ssl: optional(z.union([z.boolean(), z.enum(['true', 'false'])], { error: 'must be true or false' })),
  sslrootcert: optional(
    z.string({ error: 'must be PEM text' }).refine(isPem, { error: 'must be certificates as PEM text' }),
  ),
})

/**
 * @param what whose value it is, for messages: `The AWSCURRENT value`
 * @throws {RotationError} BadSecretValue, which names the member and never its content
 */
export function parseDatabaseSecret(
  value: string,
  { what, allowsPlaintext }: { readonly what: string; readonly allowsPlaintext: boolean },
): DatabaseSecret {
  const json = jsonObject(value)
  if (json === undefined) throw badValue(what, 'is no JSON object, as a database secret must be')
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    throw badValue(what, parsed.error.issues.map(({ path, message }) => `\`${path.join('.')}\` ${message}`).join('; '))
  }
  const { engine, host, port, dbname, username, password, masterarn, ssl, sslrootcert } = parsed.data
  const facts = engines.get(engine.toLowerCase())
  if (facts === undefined) throw badValue(what, `\`engine\` is none of ${engineNames()}`)
  if (username === undefined && facts.kind !== 'redis') throw badValue(what, '`username` is missing')
  const isPlain = ssl === false || ssl === 'false'
  if (isPlain && !allowsPlaintext) {
    throw badValue(what, 'says `"ssl": false`, and connections without TLS are not allowed here')
  }
  return {
    login: {
      kind: facts.kind,
      engine: engine.toLowerCase(),
      host,
      port: port ?? facts.port,
      ...(dbname && { dbname }),
      username: username ?? 'default',
      password,
      tls: isPlain ? false : sslrootcert === undefined ? {} : { authorities: sslrootcert },
    },
    ...(masterarn !== undefined && { masterarn }),
    ...(facts.longestName && { longestName: facts.longestName }),
    source: value,
  }
}

/** @throws {RotationError} BadSecretValue where TLS could not be checked: the driver of MySQL compares no address with a certificate */
export function demandCheckableHost({ kind, host, tls }: Login, what: string): void {
  if (kind !== 'mysql' || tls === false || isIP(host) === 0) return
  throw badValue(
    what,
    '`host` must be the name that is in the certificate of the server: with TLS an address cannot be checked',
  )
}

export const badValue = (what: string, problem: string): RotationError =>
  new RotationError('BadSecretValue', `${what} ${problem.startsWith('`') ? 'is not usable: ' : ''}${problem}.`)

/** @returns undefined for what is no JSON object */
export function jsonObject(value: string): Record<string, unknown> | undefined {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(value)).data
  } catch {
    return undefined
  }
}

/** Names a login in messages, never with its password. */
export const describeLogin = ({ kind, engine = kind, host, port, username }: Login): string =>
  `${engine} at ${host}:${port} as user ${JSON.stringify(username)}`

export const isSameServer = (one: Login, other: Login): boolean =>
  one.kind === other.kind && one.host.toLowerCase() === other.host.toLowerCase() && one.port === other.port

/** What decides to whom a password is told, beside the server's name. */
export const hasSameTls = ({ tls: one }: Login, { tls: other }: Login): boolean =>
  one === false || other === false ? one === other : one.authorities === other.authorities

function isPem(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    return blocks.length > 0 && blocks.every((block) => new X509Certificate(block).raw.length > 0)
  } catch {
    return false
  }
}
