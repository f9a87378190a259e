/**
 * The condition keys that every request has: of the principal, its session and the network (IAM user guide, "AWS global condition context keys").
 * @module
 */
import { NOT_HERE, tagKeys, UNKNOWN, type KeyLayer, type KeyValue } from './condition-context.ts'
import type { Found } from './identity.ts'
import type { Origin } from './origin.ts'
import { kindOf, type Principal, type PrincipalKind, type Session } from './principal.ts'

export interface GlobalFacts {
  readonly principal: Principal
  readonly origin: Origin
  readonly account: string
  readonly region: string
  readonly now: number
}

const PRINCIPAL_TAG = 'aws:principaltag/'

export function globalKeys(facts: GlobalFacts, found: Found): KeyLayer {
  return (key) => {
    if (key.startsWith(PRINCIPAL_TAG)) return principalTag(key, facts, found)
    const value = Object.hasOwn(readers, key) ? readers[key] : undefined
    return value === undefined ? NOT_HERE : value(facts, found)
  }
}

function principalTag(key: string, { principal }: GlobalFacts, found: Found): KeyValue {
  // The root has no tags.
  if (found.kind === 'root') return undefined
  if (found.kind !== 'identity' || !found.identity.areTagsCertain) return UNKNOWN
  if (principal.session === 'unseen' && kindOf(principal) === 'federated') return UNKNOWN
  const value = tagKeys(PRINCIPAL_TAG, found.identity.tags)(key)
  return value === NOT_HERE ? undefined : value
}

type Reader = (facts: GlobalFacts, found: Found) => KeyValue

const TYPES: Readonly<Record<PrincipalKind, KeyValue>> = {
  root: 'Account',
  user: 'User',
  'role-session': 'AssumedRole',
  federated: 'FederatedUser',
  other: UNKNOWN,
}

const text = (value: string | undefined): KeyValue => value
const truth = (value: boolean): KeyValue => String(value)
const iso = (time: number): string => new Date(time).toISOString().replace(/\.\d{3}Z$/, 'Z')

/** A key of the session: absent with long-term credentials, unknown where sessions are not seen. */
const ofSession =
  (read: (session: Session, facts: GlobalFacts) => KeyValue): Reader =>
  (facts) => {
    const { session } = facts.principal
    if (session === undefined) return undefined
    return session === 'unseen' ? UNKNOWN : read(session, facts)
  }

/** Nobody tells these here. */
const unknown: Reader = () => UNKNOWN
const absent: Reader = () => undefined

const readers: Readonly<Record<string, Reader>> = {
  'aws:principalarn': ({ principal }, found) => {
    if (found.kind === 'identity') return found.identity.arn
    // The ARN of another account's session lacks the path of its role.
    if (found.kind === 'represented' && kindOf(principal) === 'role-session') return UNKNOWN
    return text(principal.arn)
  },
  'aws:principalaccount': ({ principal }) => text(principal.account),
  'aws:principaltype': ({ principal }) => TYPES[kindOf(principal)],
  'aws:userid': ({ principal }) => text(principal.userId),
  // By its present name: the credentials may be older than the last change of it.
  'aws:username': ({ principal }, found) =>
    kindOf(principal) === 'user'
      ? (found.kind === 'identity' ? found.identity.arn : principal.arn).split('/').at(-1)
      : undefined,
  'aws:principalisawsservice': () => 'false',
  'aws:principalservicename': absent,
  'aws:principalservicenameslist': absent,
  'aws:principalorgid': ({ principal }) => (principal.organization === 'unseen' ? UNKNOWN : principal.organization),
  'aws:principalorgpaths': unknown,
  'aws:resourceorgid': unknown,
  'aws:resourceorgpaths': unknown,
  'aws:resourceaccount': ({ account }) => text(account),
  // Of sessions by an identity provider, which nobody makes here.
  'aws:federatedprovider': ofSession(() => undefined),
  'aws:sourceidentity': ofSession(({ sourceIdentity }) => text(sourceIdentity)),
  'aws:tokenissuetime': ofSession(({ issuedAt }) => iso(issuedAt)),
  // Long-term keys carry no word of MFA at all (IAM user guide).
  'aws:multifactorauthpresent': ofSession(({ mfaAt }) => truth(mfaAt !== undefined)),
  'aws:multifactorauthage': ofSession(({ mfaAt }, { origin }) =>
    mfaAt === undefined ? undefined : String(Math.max(0, Math.floor((origin.receivedAt - mfaAt) / 1000))),
  ),
  'aws:currenttime': ({ now }) => iso(now),
  'aws:epochtime': ({ now }) => String(Math.floor(now / 1000)),
  'aws:requestedregion': ({ region }) => text(region),
  'aws:securetransport': ({ origin }) => truth(origin.isSecure),
  'aws:sourceip': ({ origin }) => (origin.vpcEndpoint === undefined ? text(origin.sourceIp) : undefined),
  'aws:vpcsourceip': ({ origin }) => (origin.vpcEndpoint === undefined ? undefined : (origin.sourceIp ?? UNKNOWN)),
  'aws:sourcevpc': ({ origin }) => text(origin.vpc),
  'aws:sourcevpce': ({ origin }) => text(origin.vpcEndpoint),
  'aws:useragent': ({ origin }) => text(origin.userAgent),
  'aws:referer': ({ origin }) => text(origin.referer),
  // Nobody calls Coffer in another principal's name.
  'aws:viaawsservice': () => 'false',
  'aws:calledvia': absent,
  'aws:calledviafirst': absent,
  'aws:calledvialast': absent,
  'aws:sourcearn': absent,
  'aws:sourceaccount': absent,
  'aws:sourceowner': absent,
  'aws:sourceorgid': absent,
  'aws:sourceorgpaths': absent,
  'aws:ec2instancesourcevpc': unknown,
  'aws:ec2instancesourceprivateipv4': unknown,
}
