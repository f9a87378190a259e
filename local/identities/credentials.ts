/**
 * Which credentials there are: the access keys of users, and the temporary ones that carry a session token, for as long as there is the user or role behind them.
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { identityIdOf, kindOf, type Principal } from '../../lambda/auth/principal.ts'
import { sigv4SecretKey, type Credential, type CredentialSource } from './credential.ts'
import type { KeyHolder, SqliteIdentityStore } from './identity-store.ts'
import type { Account, StoredAccessKey } from './model.ts'
import type { OpenSession, Sessions } from './sessions.ts'

export function credentialsOf(store: SqliteIdentityStore, sessions: Sessions): CredentialSource {
  // The same objects again for as long as nothing has changed: what is derived from them is kept with them.
  const ofKeys = new WeakMap<KeyHolder, Credential>()
  const ofSessions = new WeakMap<
    OpenSession,
    { readonly account: Account; readonly credential: Credential | undefined }
  >()

  const longTerm = (accessKeyId: string): Credential | undefined => {
    const holder = store.findAccessKey(accessKeyId)
    if (holder?.key.status !== 'Active') return undefined
    let credential = ofKeys.get(holder)
    if (credential === undefined) ofKeys.set(holder, (credential = credentialOfKey(holder)))
    return credential
  }

  const temporary = (accessKeyId: string, sessionToken: string): Credential | undefined => {
    const session = sessions.open(accessKeyId, sessionToken)
    if (session === undefined) return undefined
    const account = store.account(session.principal.account)
    const known = ofSessions.get(session)
    if (known?.account === account) return known.credential
    const credential = hasIdentityOf(session.principal, account) ? credentialOfSession(session, account) : undefined
    ofSessions.set(session, { account, credential })
    return credential
  }

  return {
    find: (accessKeyId, sessionToken) =>
      sessionToken === undefined ? longTerm(accessKeyId) : temporary(accessKeyId, sessionToken),
  }
}

function credentialOfKey({ account, user, key }: KeyHolder): Credential {
  return {
    principal: inOrganization(
      { account: account.id, arn: user.arn, userId: user.id, accessKeyId: key.accessKeyId },
      account,
    ),
    secretKey: secretKeyOf(key),
    isAdmin: key.isAdmin === true,
  }
}

function credentialOfSession({ principal, ...session }: OpenSession, account: Account): Credential {
  return { principal: inOrganization(principal, account), ...session, isAdmin: false }
}

/** Of the same unique id: one that was made anew under its name is another. */
function hasIdentityOf(principal: Principal, { users, roles }: Account): boolean {
  const { session } = principal
  const kind = kindOf(principal)
  const id = kind === 'federated' && session !== 'unseen' ? session?.issuerId : identityIdOf(principal)
  for (const holder of (kind === 'role-session' ? roles : users).values()) if (holder.id === id) return true
  return false
}

const inOrganization = (principal: Principal, { organization }: Account): Principal =>
  organization === undefined ? principal : { ...principal, organization }

/** Outlives changes of its user: signing keys are kept by it. */
const secretKeys = new WeakMap<StoredAccessKey, KeyObject>()

function secretKeyOf(key: StoredAccessKey): KeyObject {
  let secretKey = secretKeys.get(key)
  if (secretKey === undefined) secretKeys.set(key, (secretKey = sigv4SecretKey(key.secretAccessKey)))
  return secretKey
}
