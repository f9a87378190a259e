/**
 * Functions of the account that are not the deployment's, such as those that rotate secrets: with a role and a policy of their own, they call the API as everybody does.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { partitionOf } from '../../lambda/core/domain/names.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import { newUniqueId } from '../../local/identities/access-keys.ts'
import type { Role as ListedRole } from '../../local/identities/model.ts'
import type { Callers } from '../iam/callers.ts'
import { readPolicy } from '../iam/policy-document.ts'
import type { Role } from '../iam/role.ts'
import { numberOf, objectOf, optionalObject, optionalText, SandboxProblem, textOf, type JsonObject } from '../json.ts'
import type { FunctionDefinition } from './definition.ts'
import type { FunctionHost } from './function-host.ts'

/** As a test or the command line asks for it. */
export interface FunctionWish {
  readonly name: string
  /** The deployment's first when absent. */
  readonly region: string | undefined
  /** JavaScript (CommonJS) that exports `handler`. */
  readonly code: string | undefined
  /** A file of code instead, which may import what lies around it. */
  readonly file: string | undefined
  /** Name of what it exports. */
  readonly handler: string
  /** The function's own policy, JSON; undefined: it has none. */
  readonly policy: string | undefined
  /** What its role may do. */
  readonly rolePolicy: JsonObject
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

const FIELDS = ['name', 'region', 'code', 'file', 'handler', 'policy', 'rolePolicy', 'environment', 'timeoutSeconds']

/** Lambda's own default and limit. */
const DEFAULT_TIMEOUT_SECONDS = 3
const LONGEST_TIMEOUT_SECONDS = 900

const version = '2012-10-17'
const SERVICE = 'secretsmanager.amazonaws.com'

/** What a function that rotates secrets has as a rule. */
const lettingIn = (arn: string): JsonObject => ({
  Version: version,
  Statement: [{ Effect: 'Allow', Principal: { Service: SERVICE }, Action: 'lambda:InvokeFunction', Resource: arn }],
})
const ROTATING = {
  Version: version,
  Statement: [{ Effect: 'Allow', Action: ['execute-api:Invoke', 'secretsmanager:*'], Resource: '*' }],
}

/** @throws {SandboxProblem} */
export function readFunctionWish(given: unknown, place: string): FunctionWish {
  const wish = objectOf(given, place)
  for (const field of Object.keys(wish))
    if (!FIELDS.includes(field)) throw new SandboxProblem(`${place} has the fields ${FIELDS.join(', ')}, not ${field}`)
  const name = textOf(wish.name, `${place}.name`)
  if (!/^[\w-]{1,64}$/.test(name)) throw new SandboxProblem(`${place}.name takes letters, digits, - and _`)
  const code = optionalText(wish.code, `${place}.code`)
  const file = optionalText(wish.file, `${place}.file`)
  if ((code === undefined) === (file === undefined))
    throw new SandboxProblem(`${place} has a code or a file, one of the two`)
  const seconds = numberOf(wish.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS, `${place}.timeoutSeconds`)
  if (seconds < 1 || seconds > LONGEST_TIMEOUT_SECONDS)
    throw new SandboxProblem(`${place}.timeoutSeconds takes a number from 1 to ${LONGEST_TIMEOUT_SECONDS}`)
  const environment = Object.entries(optionalObject(wish.environment, `${place}.environment`))
  return {
    name,
    region: optionalText(wish.region, `${place}.region`),
    code,
    file,
    handler: optionalText(wish.handler, `${place}.handler`) ?? 'handler',
    policy: policyOf(wish.policy, `${place}.policy`),
    rolePolicy: wish.rolePolicy === undefined ? ROTATING : objectOf(wish.rolePolicy, `${place}.rolePolicy`),
    environment: Object.fromEntries(
      environment.map(([key, value]) => [key, textOf(value, `${place}.environment.${key}`)]),
    ),
    timeoutMs: 1000 * seconds,
  }
}

/** Of one that is not said: see `lettingIn`. */
const USUAL = 'usual'

const policyOf = (given: unknown, place: string): string | undefined =>
  given === undefined ? USUAL : given === null ? undefined : JSON.stringify(objectOf(given, place))

export interface OutsideFunctionsOptions {
  readonly host: FunctionHost
  readonly callers: Callers
  readonly entropy: Entropy
  readonly account: string
  readonly regions: readonly string[]
  /** Names that a function may not have. */
  readonly isTaken: (arn: string) => boolean
  /** Where the API and the services for callers are: known when they listen. */
  readonly environment: () => Readonly<Record<string, string>>
}

/** Sessions of roles, as long as IAM lets them be. */
const SESSION_SECONDS = 43_200

export class OutsideFunctions {
  readonly #options: OutsideFunctionsOptions
  readonly #policies = new Map<string, string>()
  #folder: string | undefined
  #count = 0

  constructor(options: OutsideFunctionsOptions) {
    this.#options = options
  }

  policyOf(arn: string): string | undefined {
    return this.#policies.get(arn)
  }

  /** In the place of the one of that name, if there is one. @returns its ARN @throws {SandboxProblem} */
  async add(wish: FunctionWish): Promise<string> {
    const { account, regions, host, isTaken } = this.#options
    const { name, region = regions[0] ?? '', policy } = wish
    if (!regions.includes(region))
      throw new SandboxProblem(`The deployment is in ${regions.join(', ')}, not in ${region}`)
    const arn = `arn:${partitionOf(region)}:lambda:${region}:${account}:function:${name}`
    if (isTaken(arn)) throw new SandboxProblem(`${name} is a function of the deployment`)
    const text = policy === USUAL ? JSON.stringify(lettingIn(arn)) : policy
    const role = await this.#roleOf(wish)
    host.add(this.#definitionOf(wish, { arn, region, role }))
    if (text === undefined) this.#policies.delete(arn)
    else this.#policies.set(arn, text)
    return arn
  }

  stop(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }

  #definitionOf(
    wish: FunctionWish,
    { arn, region, role }: { arn: string; region: string; role: Role },
  ): FunctionDefinition {
    const { callers, account, environment } = this.#options
    const { name, handler, timeoutMs } = wish
    const { folder, file } = this.#codeOf(wish)
    return {
      name,
      arn,
      region,
      account,
      role,
      handler: `${file}.${handler}`,
      codeFolder: folder,
      environment: wish.environment,
      timeoutMs,
      memoryMb: 128,
      reservedConcurrency: undefined,
      logGroup: `/aws/lambda/${name}`,
      logVariables: {},
      outside: {
        environment,
        credentials: () =>
          callers.sessions.issue({
            kind: 'role',
            account,
            identityId: role.id,
            identityName: role.name,
            sessionName: name,
            durationSeconds: SESSION_SECONDS,
          }),
      },
    }
  }

  /** A folder of its own for each code: what was loaded from another is not looked at again. */
  #codeOf({ code, file }: FunctionWish): { readonly folder: string; readonly file: string } {
    if (file !== undefined) {
      const path = resolve(file)
      if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new SandboxProblem(`There is no file ${file}`)
      return { folder: dirname(path), file: basename(path, extname(path)) }
    }
    this.#folder ??= mkdtempSync(join(tmpdir(), 'coffer-functions-'))
    const folder = join(this.#folder, String(this.#count++))
    mkdirSync(folder)
    writeFileSync(join(folder, 'index.js'), code ?? '')
    return { folder, file: 'index' }
  }

  /** Made once for each name, in all Regions; its policy is the last one that was given. */
  async #roleOf({ name, rolePolicy }: FunctionWish): Promise<Role> {
    const { callers, account, entropy } = this.#options
    const roleName = `${name}-role`
    const source = 'policy'
    const policy = readPolicy(rolePolicy, `the role of ${name}`, 'identity')
    const trustPolicy = JSON.stringify({
      Version: version,
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    })
    const listed = await callers.store.change(account, (before) => {
      const key = roleName.toLowerCase()
      const role: ListedRole = {
        origin: 'api',
        id: before.roles.get(key)?.id ?? newUniqueId('AROA', entropy),
        name: roleName,
        path: '/',
        arn: `arn:aws:iam::${account}:role/${roleName}`,
        createdAt: 0,
        inline: new Map([[source, policy.text]]),
        attached: [],
        tags: [],
        trustPolicy,
        maxSessionSeconds: SESSION_SECONDS,
      }
      return { account: { ...before, roles: new Map(before.roles).set(key, role) }, result: role }
    })
    const { arn, id } = listed
    const stack = 'outside the deployment'
    return { logicalId: roleName, stack, arn, name: roleName, id, account, policies: [policy], trust: [], trustPolicy }
  }
}
