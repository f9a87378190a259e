/**
 * Who may sign requests to the sandbox: an admin user, and more users with policies of their own.
 * @module
 */
import { sigv4SecretKey, type Credential, type CredentialSource } from '../../local/identities/credential.ts'
import type { AccessKey } from '../../local/identities/access-keys.ts'
import { listOf, objectOf, textOf } from '../json.ts'
import { parsePolicy, type Statement } from '../policy/statement.ts'

export interface Identity {
  readonly userName: string
  readonly arn: string
  readonly userId: string
  readonly account: string
  readonly accessKey: AccessKey
  readonly statements: readonly Statement[]
}

/** A user as the operator asks for it. */
export interface UserWish {
  readonly userName: string
  readonly accessKey: AccessKey
  /** By default the deployment's own account. */
  readonly account?: string
  /** An IAM policy document. */
  readonly policy: unknown
}

export const EVERYTHING = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }

export class Identities implements CredentialSource {
  readonly #identities = new Map<string, Identity>()
  readonly #credentials = new Map<string, Credential>()

  /** @param isAdmin may use the KMS and STS endpoint */
  add({ userName, accessKey, policy }: UserWish, account: string, isAdmin: boolean): void {
    const { accessKeyId, secretAccessKey } = accessKey
    const arn = `arn:aws:iam::${account}:user/${userName}`
    const userId = `AIDA${Buffer.from(userName).toString('hex').toUpperCase().padEnd(16, '0').slice(0, 16)}`
    const statements = parsePolicy(policy, `policy of user ${userName}`)
    this.#identities.set(accessKeyId, { userName, arn, userId, account, accessKey, statements })
    this.#credentials.set(accessKeyId, {
      principal: { account, arn, userId, accessKeyId },
      secretKey: sigv4SecretKey(secretAccessKey),
      isAdmin,
    })
  }

  find(accessKeyId: string): Credential | undefined {
    return this.#credentials.get(accessKeyId)
  }

  identity(accessKeyId: string): Identity | undefined {
    return this.#identities.get(accessKeyId)
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
