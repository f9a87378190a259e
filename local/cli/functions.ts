/**
 * `coffer functions`: functions of a running Coffer are added, looked at, tried and removed, by calls of its Lambda API.
 * @module
 */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { ConfigProblem, type Environment } from '../config.ts'
import { packCode } from './code-package.ts'
import { LambdaClient, LambdaRefusal, type LambdaFlags } from './lambda-client.ts'
import { regionOfCalls, sendSigned } from './signed-call.ts'
import { table } from './table.ts'

export interface AddFlags extends LambdaFlags {
  readonly code?: string
  readonly handler?: string
  readonly runtime?: string
  readonly env?: readonly string[]
  readonly environmentFile?: string
  /** Never used: Node takes it for itself. */
  readonly envFile?: string
  readonly role?: string
  readonly timeout?: string
  readonly memory?: string
  readonly concurrency?: string
  readonly description?: string
}

export interface InvokeFlags extends LambdaFlags {
  readonly payload?: string
  readonly log?: boolean
}

const FUNCTIONS = '/2015-03-31/functions'
const pathOf = (name: string): string => `${FUNCTIONS}/${encodeURIComponent(name)}`

/** Rotation talks to a database and to Coffer: Lambda's own 3 seconds are few. */
const DEFAULT_TIMEOUT_SECONDS = 30
/** As the statement that lets Secrets Manager invoke it is called. */
const STATEMENT = 'SecretsManager'

const configurationSchema = z.object({
  FunctionName: z.string(),
  FunctionArn: z.string(),
  Runtime: z.string(),
  Handler: z.string(),
  Role: z.string().optional(),
  Timeout: z.number(),
  MemorySize: z.number(),
  CodeSha256: z.string(),
  CodeSize: z.number(),
  LastModified: z.string(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).optional(),
})
type Configuration = z.output<typeof configurationSchema>

const functionSchema = z.object({
  Configuration: configurationSchema,
  Concurrency: z.object({ ReservedConcurrentExecutions: z.number() }).optional(),
})
type Shown = z.output<typeof functionSchema>

/** Makes it, or changes what was given of the one that there is. @returns lines for people @throws {ConfigProblem} {CallProblem} */
export async function addFunction(name: string, flags: AddFlags, environment: Environment): Promise<string> {
  const settings = settingsOf(flags)
  const concurrency = concurrencyOf(flags)
  const zip = flags.code === undefined ? undefined : packCode(flags.code)
  const client = new LambdaClient(flags, environment)
  const present = await find(client, name)
  const arn =
    present === undefined
      ? await create(client, { name, flags, settings, zip })
      : await update(client, { name, settings, zip, present })
  if (concurrency !== undefined)
    await client.send({
      method: 'PUT',
      path: `/2017-10-31/functions/${encodeURIComponent(name)}/concurrency`,
      body: { ReservedConcurrentExecutions: concurrency },
    })
  const isChanged = zip !== undefined || Object.keys(settings).length > 0 || concurrency !== undefined
  return [
    `${present === undefined ? 'added' : isChanged ? 'updated' : 'nothing was given to change of'} ${arn}`,
    ...(concurrency === 0
      ? ['With --concurrency 0 it is never run: every rotation by it fails until it may again.']
      : []),
    'To rotate a secret with it, and to test that again later:',
    `  coffer rotate enable <secret> --every 30d --function ${name}`,
    '  coffer rotation rehearse <secret>',
    '',
  ].join('\n')
}

async function find(client: LambdaClient, name: string): Promise<Shown | undefined> {
  try {
    return await client.call({ method: 'GET', path: pathOf(name) }, functionSchema)
  } catch (error) {
    if (error instanceof LambdaRefusal && error.code === 'ResourceNotFoundException') return undefined
    throw error
  }
}

interface Wanted {
  readonly name: string
  readonly settings: object
  /** Undefined: the code stays. */
  readonly zip: Buffer | undefined
}

async function create(
  client: LambdaClient,
  { name, flags, settings, zip }: Wanted & { readonly flags: AddFlags },
): Promise<string> {
  for (const [flag, value] of [
    ['--handler, such as rotate.handler,', flags.handler],
    ['--runtime, such as nodejs24.x or python3.x,', flags.runtime],
  ] as const)
    if (value === undefined) throw new ConfigProblem(`${flag} is missing: there is no function ${name} yet`)
  if (zip === undefined)
    throw new ConfigProblem(`--code, such as ./rotate.mjs, is missing: there is no function ${name} yet`)
  const made = await client.call(
    {
      method: 'POST',
      path: FUNCTIONS,
      headers: flags.role === undefined ? { 'x-coffer-without-role': 'true' } : {},
      body: {
        FunctionName: name,
        Timeout: DEFAULT_TIMEOUT_SECONDS,
        ...settings,
        Code: { ZipFile: zip.toString('base64') },
      },
    },
    configurationSchema,
  )
  await client.send({
    method: 'POST',
    path: `${pathOf(name)}/policy`,
    body: {
      StatementId: STATEMENT,
      Action: 'lambda:InvokeFunction',
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: made.FunctionArn.split(':')[4],
    },
  })
  return made.FunctionArn
}

async function update(
  client: LambdaClient,
  { name, settings, zip, present }: Wanted & { readonly present: Shown },
): Promise<string> {
  const { FunctionArn, CodeSha256 } = present.Configuration
  if (zip !== undefined && hash('sha256', zip, 'base64') !== CodeSha256)
    await client.send({ method: 'PUT', path: `${pathOf(name)}/code`, body: { ZipFile: zip.toString('base64') } })
  if (Object.keys(settings).length > 0)
    await client.send({ method: 'PUT', path: `${pathOf(name)}/configuration`, body: settings })
  return FunctionArn
}

/** What was given alone. */
function settingsOf(flags: AddFlags): object {
  const { handler, runtime, role, timeout, memory, description, env, environmentFile, envFile } = flags
  if (envFile !== undefined)
    throw new ConfigProblem('--env-file is an option that Node takes for itself: use --environment-file')
  return {
    ...(handler !== undefined && { Handler: handler }),
    ...(runtime !== undefined && { Runtime: runtime }),
    ...(role !== undefined && { Role: role }),
    ...(timeout !== undefined && { Timeout: numberOf('--timeout', timeout) }),
    ...(memory !== undefined && { MemorySize: numberOf('--memory', memory) }),
    ...(description !== undefined && { Description: description }),
    ...((env ?? environmentFile) !== undefined && {
      Environment: { Variables: { ...variablesInFile(environmentFile), ...variablesIn(env) } },
    }),
  }
}

/** Lambda's own quota. */
const MOST_AT_ONCE = 1000

function concurrencyOf({ concurrency }: AddFlags): number | undefined {
  if (concurrency === undefined) return undefined
  const count = numberOf('--concurrency', concurrency)
  if (count <= MOST_AT_ONCE) return count
  throw new ConfigProblem(`--concurrency is ${count}, expected 1 to ${MOST_AT_ONCE}, or 0 to run it not at all`)
}

function numberOf(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new ConfigProblem(`${flag} is ${JSON.stringify(text.slice(0, 80))}, expected a whole number`)
}

function variablesIn(pairs: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      // What was given may be a secret that lacks its name.
      if (equals < 1) throw new ConfigProblem('--env expects a name and a value, such as --env EXCLUDE_CHARACTERS=/@')
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    }),
  )
}

function variablesInFile(path: string | undefined): Record<string, string> {
  if (path === undefined) return {}
  try {
    const parsed = parseEnv(readFileSync(path, 'utf8'))
    return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, value ?? '']))
  } catch (cause) {
    throw new ConfigProblem(`--environment-file is ${path}, which cannot be read`, { cause })
  }
}

const listSchema = z.object({ Functions: z.array(configurationSchema), NextMarker: z.string().optional() })

/** @returns a line for each */
export async function listFunctions(flags: LambdaFlags, environment: Environment): Promise<string> {
  const client = new LambdaClient(flags, environment)
  const rows: string[][] = []
  for (let marker: string | undefined = ''; marker !== undefined;) {
    const query: string = marker === '' ? '' : `?Marker=${encodeURIComponent(marker)}`
    const page: z.output<typeof listSchema> = await client.call({ method: 'GET', path: FUNCTIONS + query }, listSchema)
    for (const { FunctionName, Runtime, Handler, LastModified } of page.Functions)
      rows.push([FunctionName, Runtime, Handler, LastModified.slice(0, 16).replace('T', ' ')])
    marker = page.NextMarker
  }
  if (rows.length === 0) {
    const account = await accountOfCaller(flags, environment)
    const where = `in ${regionOfCalls(flags, environment)}${account === undefined ? '' : ` of account ${account}`}`
    return `There are no functions ${where}. Add one with \`coffer functions add\`; --region names another Region.\n`
  }
  return table([['NAME', 'RUNTIME', 'HANDLER', 'CHANGED'], ...rows])
}

/** By GetCallerIdentity of the same Coffer. @returns undefined: it does not say */
async function accountOfCaller(flags: LambdaFlags, environment: Environment): Promise<string | undefined> {
  try {
    const { response } = await sendSigned({
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
      flags,
      environment,
      service: 'sts',
    })
    return /<Account>(\d{12})<\/Account>/.exec(await response.text())?.[1]
  } catch {
    return undefined
  }
}

const policySchema = z.object({ Policy: z.string() })
const statementsSchema = z.object({
  Statement: z.array(
    z.looseObject({
      Sid: z.string(),
      Action: z.string(),
      Principal: z.union([z.string(), z.record(z.string(), z.string())]),
      Condition: z.record(z.string(), z.record(z.string(), z.string())).optional(),
    }),
  ),
})

/** @returns lines for people; names of variables without their values, which may be secrets */
export async function showFunction(name: string, flags: LambdaFlags, environment: Environment): Promise<string> {
  const client = new LambdaClient(flags, environment)
  const shown = await client.call({ method: 'GET', path: pathOf(name) }, functionSchema)
  const fields = [...fieldsOf(shown), ...(await permissionsOf(client, name))]
  return table(fields)
}

function fieldsOf({ Configuration: one, Concurrency }: Shown): (readonly [string, string])[] {
  return [
    ['Name', one.FunctionName],
    ['ARN', one.FunctionArn],
    ['Runtime', one.Runtime],
    ['Handler', one.Handler],
    ['Role', one.Role ?? 'none: it has no credentials'],
    ['Timeout', `${one.Timeout} s`],
    ['Memory', `${one.MemorySize} MB`],
    ...(Concurrency === undefined ? [] : [['At once', atOnce(Concurrency.ReservedConcurrentExecutions)] as const]),
    ['Code', `${one.CodeSize} bytes, SHA-256 ${one.CodeSha256}`],
    ['Changed', one.LastModified],
    ['Variables', variableNames(one)],
  ]
}

const atOnce = (count: number): string => (count === 0 ? '0: it is never run' : String(count))

const variableNames = ({ Environment }: Configuration): string =>
  Object.keys(Environment?.Variables ?? {})
    .sort()
    .join(', ') || 'none'

async function permissionsOf(client: LambdaClient, name: string): Promise<(readonly [string, string])[]> {
  try {
    const { Policy } = await client.call({ method: 'GET', path: `${pathOf(name)}/policy` }, policySchema)
    const { Statement } = statementsSchema.parse(JSON.parse(Policy))
    return Statement.map(({ Sid, Principal, Condition = {} }) => {
      const who = typeof Principal === 'string' ? Principal : Object.values(Principal).join(', ')
      const limits = Object.values(Condition).flatMap((keys) =>
        Object.entries(keys).map(([key, value]) => `${key} ${value}`),
      )
      return ['Invoked by', [`${who} (${Sid})`, ...limits].join(', ')]
    })
  } catch (error) {
    if (error instanceof LambdaRefusal && error.code === 'ResourceNotFoundException')
      return [['Invoked by', 'nobody but those whose own policies say so']]
    throw error
  }
}

const logsSchema = z.object({ events: z.array(z.object({ time: z.number(), text: z.string() })) })

/** @returns what it wrote, oldest first */
export async function functionLogs(name: string, flags: LambdaFlags, environment: Environment): Promise<string> {
  const client = new LambdaClient(flags, environment)
  const path = `/_coffer/functions/${encodeURIComponent(name)}/logs`
  const { events } = await client.call({ method: 'GET', path }, logsSchema)
  return events.map(({ time, text }) => `${new Date(time).toISOString()} ${printable(text)}\n`).join('')
}

/** A function may write what would move the cursor of whoever reads it. */
const printable = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')

export interface Invoked {
  /** The result, as a line. */
  readonly text: string
  /** Of this invocation, when it was asked for. */
  readonly log: string
  readonly hasFailed: boolean
  /** What to do instead, where the event was none that a rotation function understands. */
  readonly advice?: string
}

export async function invokeFunction(name: string, flags: InvokeFlags, environment: Environment): Promise<Invoked> {
  const payload = flags.payload ?? '{}'
  let event: unknown
  try {
    event = JSON.parse(payload)
  } catch {
    throw new ConfigProblem(
      '--payload is not JSON. Quote it for the shell, such as --payload \'{"Step": "testSecret"}\'',
    )
  }
  const { text, header } = await new LambdaClient(flags, environment).send({
    method: 'POST',
    path: `${pathOf(name)}/invocations`,
    body: payload,
    headers: flags.log === true ? { 'x-amz-log-type': 'Tail' } : {},
  })
  const log = Buffer.from(header('x-amz-log-result') ?? '', 'base64').toString('utf8')
  const hasFailed = header('x-amz-function-error') !== undefined
  return {
    text: `${printable(text)}\n`,
    log: printable(log),
    hasFailed,
    ...(hasFailed && !rotationEvent.safeParse(event).success && { advice: NO_ROTATION_EVENT }),
  }
}

const rotationEvent = z.object({ Step: z.string(), SecretId: z.string(), ClientRequestToken: z.string() })

const NO_ROTATION_EVENT =
  'a rotation function expects Step, SecretId and ClientRequestToken, of a version that is being made. To try one with a secret: coffer rotation rehearse <secret>'

export async function removeFunction(name: string, flags: LambdaFlags, environment: Environment): Promise<string> {
  await new LambdaClient(flags, environment).send({ method: 'DELETE', path: pathOf(name) })
  return `removed ${name}\n`
}
