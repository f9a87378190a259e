/**
 * Accounts out of a file that is well formed: references are looked up, policies compiled, and everything that is wrong is gathered with its place.
 * @module
 */
import { createHash } from 'node:crypto'
import { compiledPolicy } from '../../lambda/auth/policy/compiled-policy.ts'
import { PolicyProblem, type PolicyKind } from '../../lambda/auth/policy/policy.ts'
import { idFromBytes, type IdPrefix } from './access-keys.ts'
import type { KindWithId } from './identity-store.ts'
import type { FileAccount, FileDocument, FilePolicies, FileUser } from './file-schema.ts'
import { awsManagedPolicies, awsManagedPolicy, isAwsManaged } from './managed-policies.ts'
import type { Account, EntityTag, Group, ManagedPolicy, MfaDevice, Role, StoredAccessKey, User } from './model.ts'
import { seedBytes } from './totp.ts'
import type { Path } from './yaml-source.ts'

/** What the file declares that has a unique id: its kind, the beginning of the id, and the type in its ARN. */
const FORMS = {
  users: ['AIDA', 'user'],
  groups: ['AGPA', 'group'],
  roles: ['AROA', 'role'],
  policies: ['ANPA', 'policy'],
} as const satisfies Record<KindWithId, readonly [IdPrefix, string]>

/** Gives an entity its unique id. */
export type IdOf = (
  account: string,
  kind: KindWithId,
  entity: { readonly prefix: IdPrefix; readonly name: string },
) => string

export interface FileReading {
  readonly idOf: IdOf
  /** When the file was written: as good a time of creation as there is. */
  readonly createdAt: number
  readonly variable: (name: string) => string | undefined
  /** @param place where it is within what `path` names */
  readonly report: (path: Path, message: string, place?: Path) => void
}

/** From the names alone: the same each time, for what keeps no state. */
export const idOfName: IdOf = (account, kind, { prefix, name }) => {
  const text = `${account}/${FORMS[kind][1]}/${name.toLowerCase()}`
  return idFromBytes(prefix, createHash('sha256').update(text).digest())
}

export function accountOf(id: string, file: FileAccount, reading: FileReading): Account {
  return new AccountBuilder(id, file, reading).build()
}

class AccountBuilder {
  readonly #id: string
  readonly #file: FileAccount
  readonly #reading: FileReading
  readonly #path: Path

  constructor(id: string, file: FileAccount, reading: FileReading) {
    this.#id = id
    this.#file = file
    this.#reading = reading
    this.#path = ['accounts', id]
  }

  build(): Account {
    const { organization, users = {}, groups = {}, roles = {}, policies = {} } = this.#file
    const mfaDevices = new Map<string, MfaDevice>()
    return {
      id: this.#id,
      ...(organization !== undefined && { organization }),
      policies: this.#byName('policies', policies, (name, policy, at): ManagedPolicy => ({
        ...this.#entity('policies', name, policy.path),
        ...(policy.description !== undefined && { description: policy.description }),
        tags: tagsOf(policy.tags),
        versions: [
          {
            id: 'v1',
            document: this.#text(policy.document, 'identity', [...at, 'document']),
            createdAt: this.#reading.createdAt,
          },
        ],
        defaultVersionId: 'v1',
      })),
      groups: this.#byName('groups', groups, (name, group, at): Group => ({
        ...this.#entity('groups', name, group.path),
        ...this.#policies(group, at),
      })),
      roles: this.#byName('roles', roles, (name, role, at): Role => ({
        ...this.#entity('roles', name, role.path),
        ...this.#policies(role, at),
        ...this.#boundary(role.boundary, at),
        ...(role.description !== undefined && { description: role.description }),
        trustPolicy: this.#text(role.trust, 'trust', [...at, 'trust']),
        tags: tagsOf(role.tags),
        maxSessionSeconds: role.maxSessionSeconds ?? 3600,
      })),
      users: this.#byName('users', users, (name, user, at): User => ({
        ...this.#entity('users', name, user.path),
        ...this.#policies(user, at),
        ...this.#boundary(user.boundary, at),
        tags: tagsOf(user.tags),
        groups: this.#groups(user.groups ?? [], [...at, 'groups']),
        accessKeys: this.#accessKeys(user, at),
        ...(user.passwordHash !== undefined && { passwordHash: user.passwordHash }),
        mfaDevices: this.#mfaDevices(name, user, at).map((device) => {
          if (mfaDevices.has(device.name))
            this.#reading.report([...at, 'mfaDevices', device.name], 'another user has an MFA device of this name')
          mfaDevices.set(device.name, device)
          return device.serialNumber
        }),
      })),
      mfaDevices,
    }
  }

  /** IAM does not tell names apart by case. */
  #byName<Item, Entity>(
    kind: string,
    items: Readonly<Record<string, Item>>,
    make: (name: string, item: Item, at: Path) => Entity,
  ): Map<string, Entity> {
    const entities = new Map<string, Entity>()
    for (const [name, item] of Object.entries(items)) {
      const at = [...this.#path, kind, name]
      const key = name.toLowerCase()
      if (entities.has(key)) this.#reading.report(at, 'this name was given before: names are not told apart by case')
      entities.set(key, make(name, item, at))
    }
    return entities
  }

  #entity(kind: KindWithId, name: string, path = '/') {
    const [prefix, type] = FORMS[kind]
    return {
      origin: 'file' as const,
      id: this.#reading.idOf(this.#id, kind, { prefix, name }),
      name,
      path,
      arn: `arn:aws:iam::${this.#id}:${type}${path}${name}`,
      createdAt: this.#reading.createdAt,
    }
  }

  #policies({ policies = {}, managedPolicies = [] }: FilePolicies, at: Path): Pick<User, 'inline' | 'attached'> {
    const inline = new Map<string, string>()
    for (const [name, document] of Object.entries(policies))
      inline.set(name, this.#text(document, 'identity', [...at, 'policies', name]))
    const attached = managedPolicies.map((reference, index) =>
      this.#policyArn(reference, [...at, 'managedPolicies', index]),
    )
    return { inline, attached: [...new Set(attached)] }
  }

  #boundary(reference: string | undefined, at: Path): { readonly boundary?: string } {
    return reference === undefined ? {} : { boundary: this.#policyArn(reference, [...at, 'boundary']) }
  }

  #policyArn(reference: string, at: Path): string {
    if (isAwsManaged(reference)) {
      if (awsManagedPolicy(reference) === undefined) {
        const known = [...awsManagedPolicies()].map(({ name }) => name).join(', ')
        this.#reading.report(
          at,
          `this managed policy of AWS is not known here; known are ${known}. Write it out under policies`,
        )
      }
      return reference
    }
    for (const [name, { path = '/' }] of Object.entries(this.#file.policies ?? {})) {
      const arn = `arn:aws:iam::${this.#id}:policy${path}${name}`
      if (reference === arn || reference.toLowerCase() === name.toLowerCase()) return arn
    }
    this.#reading.report(
      at,
      `there is no managed policy${POLICY.test(reference) ? ` ${JSON.stringify(reference)}` : ' of this name'} in this account of the file`,
    )
    return reference
  }

  #groups(names: readonly string[], at: Path): string[] {
    const known = new Map(Object.keys(this.#file.groups ?? {}).map((name) => [name.toLowerCase(), name]))
    return names.map((name, index) => {
      const group = known.get(name.toLowerCase())
      if (group === undefined)
        this.#reading.report([...at, index], `there is no group ${JSON.stringify(name)} in this account of the file`)
      return group ?? name
    })
  }

  #accessKeys({ accessKeys = [] }: FileUser, at: Path): StoredAccessKey[] {
    const { createdAt, variable, report } = this.#reading
    return accessKeys.map(({ id, secret, secretFrom = '', status = 'Active' }, index) => {
      const secretAccessKey = secret ?? variable(secretFrom) ?? ''
      if (!/^[\x21-\x7e]{8,128}$/.test(secretAccessKey))
        report(
          [...at, 'accessKeys', index, 'secretFrom'],
          `the variable that is named here is not set to 8 to 128 printable ASCII characters without blanks`,
        )
      return { accessKeyId: id, secretAccessKey, status, createdAt, origin: 'file' }
    })
  }

  #mfaDevices(user: string, { mfaDevices = {} }: FileUser, at: Path): MfaDevice[] {
    const { createdAt, variable, report } = this.#reading
    return Object.entries(mfaDevices).map(([name, { seed: given, seedFrom = '' }]) => {
      const seed = given ?? variable(seedFrom) ?? ''
      if (seedBytes(seed) === undefined)
        report(
          [...at, 'mfaDevices', name, 'seedFrom'],
          // Its name may be the seed itself, which has the same letters.
          `the variable that is named here is not set to base32 of 128 bits or more`,
        )
      const serialNumber = `arn:aws:iam::${this.#id}:mfa/${name}`
      return { serialNumber, name, path: '/', origin: 'file', seed, user, enabledAt: createdAt }
    })
  }

  #text(document: FileDocument, kind: PolicyKind, at: Path): string {
    const text = typeof document === 'string' ? document : JSON.stringify(document)
    try {
      compiledPolicy(text, kind)
    } catch (problem) {
      if (!(problem instanceof PolicyProblem)) throw problem
      if (typeof document === 'string') this.#reading.report(at, problem.message)
      else {
        const part = [...at, ...stepsOf(document, problem.place.path)]
        this.#reading.report(at, inObject(problem), part)
      }
    }
    return text
  }
}

/** A name or an ARN: anything else may be a secret that has come to the wrong place. */
const POLICY = /^(?:arn:aws:iam::\d{12}:policy\/)?[\w+=,.@/-]{1,128}$/
/** Of a policy that is written as an object nobody has seen the text. */
const PLACE_IN_TEXT = / \(line \d+, column \d+\)$/
/** As far as a path of a policy consists of names of elements. */
const ELEMENTS = /^(?:(?:\.?[A-Za-z]{1,30}|\[\d+\])(?=[.[]|$))*/

function inObject({ message, place: { path = '' } }: PolicyProblem): string {
  const shown = ELEMENTS.exec(path)?.[0] ?? ''
  const what = message.replace(PLACE_IN_TEXT, '').slice(path === '' ? 0 : path.length + 2)
  return shown === '' ? what : `${shown}: ${what}`
}

/** `Statement[2].Condition.StringLke`: as far as it leads, which for keys with a dot is not to its end. A statement that is in no list is `Statement[1]` all the same. */
function stepsOf(document: Readonly<Record<string, unknown>>, path = ''): Path {
  const steps = [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, number]) => name ?? Number(number) - 1)
  const isAlone = steps[0] === 'Statement' && !Array.isArray(document.Statement)
  return isAlone ? ['Statement', ...steps.slice(2)] : steps
}

function tagsOf(tags: Readonly<Record<string, string>> = {}): EntityTag[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}
