/**
 * `coffer env`: lines for a shell to evaluate, after which the AWS CLI and boto3 speak to a Coffer on AWS. They are told where it is, and where botocore finds
 * the files that make it sign for API Gateway (client/botocore).
 * @module
 */
import { delimiter, resolve } from 'node:path'
import { EndpointProblem, EXAMPLE_URL, parseEndpoint, regionFor, regionOfEndpoint } from '../../client/endpoint.ts'
import { ConfigProblem, type Environment } from '../config.ts'

export interface EnvFlags {
  readonly url?: string
  readonly region?: string
  readonly shell?: string
  readonly unset?: boolean
}

/** What botocore loads beside its own models. */
export const EXTRAS_FOLDER = resolve(import.meta.dirname, '../../client/botocore')

const URL_VARIABLE = 'AWS_ENDPOINT_URL_SECRETS_MANAGER'
/** The JavaScript and Go SDKs and the AWS CLI 2 read the first, boto3 and the AWS CLI 1 the second. */
const REGION_VARIABLES = ['AWS_REGION', 'AWS_DEFAULT_REGION'] as const
/** Beside it, what the variable was before; {@link NOTHING} where it was not there. PowerShell cannot tell an empty variable from none. */
const SAVED = 'COFFER_SAVED_'
const NOTHING = '-'

/** Undefined: the variable is to go. */
export type Assignment = readonly [name: string, value: string | undefined]

interface Shell {
  readonly quote: (value: string) => string
  readonly set: (name: string, quoted: string) => string
  readonly unset: (name: string) => string
}

const posix: Shell = {
  quote: (value) => `'${value.replaceAll("'", String.raw`'\''`)}'`,
  set: (name, quoted) => `export ${name}=${quoted};`,
  unset: (name) => `unset ${name};`,
}

const shells: Readonly<Record<string, Shell>> = {
  bash: posix,
  zsh: posix,
  fish: {
    quote: (value) => `'${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`,
    set: (name, quoted) => `set -gx ${name} ${quoted};`,
    unset: (name) => `set -eg ${name};`,
  },
  powershell: {
    // Typographic quotes end a string there as well ("about_Quoting_Rules"); doubled, each stands for itself.
    quote: (value) => `'${value.replaceAll(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`,
    set: (name, quoted) => `$env:${name} = ${quoted};`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue;`,
  },
}

/**
 * @param note told what is likely to go wrong; never on standard output, which a shell evaluates
 * @returns lines, one per variable
 * @throws {ConfigProblem}
 */
export function shellLines(flags: EnvFlags, environment: Environment, note: (text: string) => void): string {
  return linesOf(flags.unset === true ? undoing(flags, environment) : setting(flags, environment, note), {
    shell: flags.shell,
    environment,
  })
}

/** @param asked the shell, and where to find out which one it is. @throws {ConfigProblem} */
export function linesOf(
  assignments: readonly Assignment[],
  asked: { readonly shell: string | undefined; readonly environment: Environment },
): string {
  const shell = shellOf(asked.shell, asked.environment)
  return assignments
    .map(([name, value]) => `${value === undefined ? shell.unset(name) : shell.set(name, shell.quote(value))}\n`)
    .join('')
}

function setting(flags: EnvFlags, environment: Environment, note: (text: string) => void): Assignment[] {
  const { endpoint, region } = apiOf(flags, environment)
  for (const text of notesOn(endpoint, region)) note(`coffer: ${text}\n`)
  return [
    ...replaced(URL_VARIABLE, endpoint, environment),
    ['AWS_DATA_PATH', joined([...otherFolders(environment), EXTRAS_FOLDER])],
    ...REGION_VARIABLES.flatMap((name) =>
      region === undefined ? restored(name, environment) : replaced(name, region, environment),
    ),
  ]
}

function undoing(flags: EnvFlags, environment: Environment): Assignment[] {
  if (flags.url !== undefined) throw new ConfigProblem('--url and --unset were both given: expected one of them')
  return [
    ...restored(URL_VARIABLE, environment),
    ['AWS_DATA_PATH', joined(otherFolders(environment))],
    ...REGION_VARIABLES.flatMap((name) => restored(name, environment)),
  ]
}

function notesOn(endpoint: string, region: string | undefined): string[] {
  const notes: string[] = []
  if (regionOfEndpoint(endpoint) !== undefined && new URL(endpoint).pathname === '/')
    notes.push(`there is no stage in ${endpoint}: expected a URL such as ${EXAMPLE_URL}`)
  if (region === undefined)
    notes.push('the URL does not tell the Region, which is left to your own settings: --region sets it')
  return notes
}

function apiOf(
  flags: EnvFlags,
  environment: Environment,
): { readonly endpoint: string; readonly region: string | undefined } {
  const url = flags.url ?? environment.COFFER_URL ?? ''
  if (url === '')
    throw new ConfigProblem('--url (COFFER_URL) is missing: the URL of the API, which `cdk deploy` prints')
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new ConfigProblem(`--url (COFFER_URL): ${JSON.stringify(url)} is not an http(s) URL such as ${EXAMPLE_URL}`)
  try {
    const endpoint = parseEndpoint(url)
    return { endpoint, region: regionFor(endpoint, flags.region) }
  } catch (error) {
    if (error instanceof EndpointProblem) throw new ConfigProblem(error.message, { cause: error })
    throw error
  }
}

/** Those of the user. */
function otherFolders({ AWS_DATA_PATH = '' }: Environment): string[] {
  return AWS_DATA_PATH.split(delimiter).filter((folder) => folder !== '' && folder !== EXTRAS_FOLDER)
}

function joined(folders: readonly string[]): string | undefined {
  if (folders.some((folder) => folder.includes(delimiter)))
    throw new ConfigProblem(`AWS_DATA_PATH cannot name ${EXTRAS_FOLDER}, which has a "${delimiter}" in it: move Coffer`)
  return folders.length === 0 ? undefined : folders.join(delimiter)
}

function replaced(name: string, value: string, environment: Environment): Assignment[] {
  const saved = `${SAVED}${name}`
  // A second `coffer env` replaces the first, and what was before both stays known.
  const before = environment[saved] ?? environment[name] ?? NOTHING
  return [
    [saved, before === '' ? NOTHING : before],
    [name, value],
  ]
}

/** Nothing to do where no `coffer env` has changed it. */
function restored(name: string, environment: Environment): Assignment[] {
  const saved = `${SAVED}${name}`
  const before = environment[saved]
  if (before === undefined) return []
  return [
    [name, before === NOTHING ? undefined : before],
    [saved, undefined],
  ]
}

/** Without a flag the one that runs, as far as it can be told. */
function shellOf(asked: string | undefined, { SHELL = '', PSModulePath }: Environment): Shell {
  const running = SHELL.slice(SHELL.lastIndexOf('/') + 1)
  if (asked === undefined && SHELL === '' && PSModulePath !== undefined) return shells.powershell ?? posix
  const shell = Object.hasOwn(shells, asked ?? running) ? shells[asked ?? running] : undefined
  if (shell !== undefined) return shell
  if (asked === undefined) return posix
  throw new ConfigProblem(`--shell is ${JSON.stringify(asked)}, expected one of ${Object.keys(shells).join(', ')}`)
}
