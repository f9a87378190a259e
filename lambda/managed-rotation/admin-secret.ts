/**
 * The secret of a database's admin, named by `masterarn`. This process may read every secret of the account; who may write a secret's JSON must not be able to use by it an admin that he may
 * not read. So the admin's secret itself says whom it is for, its credentials go to no other server than its own, and the strategies use it only for users whose password the secret knows.
 * @module
 */
import {
  demandCheckableHost,
  isSameServer,
  parseDatabaseSecret,
  type DatabaseSecret,
  type Login,
} from './database-secret.ts'
import { RotationError } from './rotation-error.ts'
import type { SecretAccess } from './secret-access.ts'

export const ADMIN_TAG = 'coffer:rotation-admin-for'

export interface AdminUse {
  readonly secret: { readonly name: string; readonly arn: string }
  readonly database: DatabaseSecret
  /** Users that are to be changed. */
  readonly usernames: readonly string[]
  readonly allowsPlaintext: boolean
}

/** @throws {RotationError} AdminSecretNotUsable, with what to do */
export async function adminLogin(secrets: SecretAccess, use: AdminUse): Promise<Login> {
  const { secret, database, usernames, allowsPlaintext } = use
  const arn = database.masterarn ?? ''
  if (!isOfSameAccount(arn, secret.arn)) {
    throw notUsable('`masterarn` must be the full ARN of another secret in the account and Region of this one')
  }
  const { Tags = [], ARN } = await secrets.DescribeSecret({ SecretId: arn })
  if (ARN === secret.arn) throw notUsable('`masterarn` names the secret itself')
  const tag = Tags.find(({ Key }) => Key === ADMIN_TAG)?.Value
  if (tag === undefined || !isAdminFor(tag, secret.name)) {
    const state = tag === undefined ? `has no tag ${ADMIN_TAG}` : `is not for this secret by its tag ${ADMIN_TAG}`
    const name = JSON.stringify(secret.name)
    throw notUsable(
      `${arn} ${state}. Tag it with ${ADMIN_TAG} and the value ${name}, or a beginning of names such as "app/"`,
    )
  }
  const { SecretString } = await secrets.GetSecretValue({ SecretId: arn, VersionStage: 'AWSCURRENT' })
  if (SecretString === undefined) throw notUsable(`the value of ${arn} is binary`)
  const what = 'The value of the admin secret'
  const { login } = parseDatabaseSecret(SecretString, { what, allowsPlaintext })
  if (!isSameServer(login, database.login)) {
    throw notUsable(`engine, host and port of ${arn} are not those of this secret; its password is sent nowhere else`)
  }
  demandCheckableHost(login, what)
  if (usernames.includes(login.username)) {
    throw notUsable(`the admin ${JSON.stringify(login.username)} is the user to be rotated; give an admin of its own`)
  }
  return login
}

/**
 * @param tag names between spaces; one that ends in `/` or `-` means all names that begin so, a single `/` all names
 */
export const isAdminFor = (tag: string, name: string): boolean =>
  tag
    .split(' ')
    .filter((entry) => entry !== '')
    .some((entry) => entry === '/' || entry === name || (/[/-]$/.test(entry) && name.startsWith(entry)))

const SECRET_ARN = /^(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:)[A-Za-z0-9/_+=.@!-]+$/

/** Another Region could not be asked from here. */
function isOfSameAccount(arn: string, secretArn: string): boolean {
  const place = SECRET_ARN.exec(arn)?.[1]
  return place !== undefined && place === SECRET_ARN.exec(secretArn)?.[1]
}

const notUsable = (problem: string): RotationError =>
  new RotationError('AdminSecretNotUsable', `The admin secret is not usable: ${problem}.`)
