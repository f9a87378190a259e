/**
 * Who may sign requests to the sandbox: an admin user, and more users with policies of their own.
 * @module
 */
import { hash } from 'node:crypto'
import { emptyAccount, type Account, type User } from '../../local/identities/model.ts'
import { newUser } from '../../local/identities/new-user.ts'
import { idFromBytes, type AccessKey } from '../../local/identities/access-keys.ts'
import { readIdentities } from '../../local/identities/identities-file.ts'
import { SourceProblem } from '../../local/identities/yaml-source.ts'
import { listOf, objectOf, SandboxProblem, textOf } from '../json.ts'

/** A user as the operator asks for it. */
export interface UserWish {
  readonly userName: string
  readonly accessKey: AccessKey
  /** By default the deployment's own account. */
  readonly account?: string
  /** An IAM policy document. */
  readonly policy: unknown
}

export const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }

/** @param home of those that name no account, @param before what there is already @throws {SandboxProblem} for a user who is there already */
export function withUsers(before: readonly Account[], users: readonly UserWish[], home: string): readonly Account[] {
  const accounts = new Map(before.map((account) => [account.id, account]))
  for (const wish of users) {
    const { account: id = home, userName } = wish
    const account = accounts.get(id) ?? emptyAccount(id)
    if (account.users.has(userName.toLowerCase()))
      throw new SandboxProblem(`There are two users ${userName} in account ${id}`)
    accounts.set(id, { ...account, users: new Map(account.users).set(userName.toLowerCase(), userOf(wish, id)) })
  }
  return [...accounts.values()]
}

function userOf({ userName, accessKey, policy }: UserWish, account: string): User {
  // The same at each start.
  const id = idFromBytes('AIDA', hash('sha256', `${account}/${userName}`, 'buffer'))
  return {
    ...newUser({ account, id, name: userName, createdAt: 0 }),
    origin: 'file',
    inline: new Map([['policy', JSON.stringify(policy)]]),
    accessKeys: [{ ...accessKey, status: 'Active', createdAt: 0, origin: 'file' }],
  }
}

/** The file of `--identities`, in the form that the embedded Coffer takes. @throws {SandboxProblem} */
export function accountsIn(text: string, createdAt: number, variables: NodeJS.ProcessEnv): readonly Account[] {
  try {
    return [...readIdentities(text, { createdAt, variable: (name) => variables[name] }).accounts.values()]
  } catch (cause) {
    if (!(cause instanceof SourceProblem)) throw cause
    throw new SandboxProblem(`--identities: ${cause.message}`, { cause })
  }
}

/** The file of `--users`: a list of `{ userName, accessKeyId, secretAccessKey, policy, account? }`. */
export function readUsers(document: unknown): readonly UserWish[] {
  return listOf(document, 'users').map((given, index) => {
    const place = `users[${index}]`
    const { userName, accessKeyId, secretAccessKey, account, policy } = objectOf(given, place)
    return {
      userName: textOf(userName, `${place}.userName`),
      accessKey: {
        accessKeyId: textOf(accessKeyId, `${place}.accessKeyId`),
        secretAccessKey: textOf(secretAccessKey, `${place}.secretAccessKey`),
      },
      ...(account !== undefined && { account: textOf(account, `${place}.account`) }),
      policy: objectOf(policy, `${place}.policy`),
    }
  })
}
