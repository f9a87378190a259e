/**
 * The condition keys that policies of a deployment may use.
 * @module
 */
import { NOT_HERE, type KeyLayer } from '../../lambda/auth/condition-context.ts'

/**
 * Keys that the sandbox fills in where they apply, or that are rightly absent from its requests (no VPC endpoint, no service in between).
 * A key that is not here could be absent only because nobody thought of it.
 */
const KNOWN_KEYS = [
  /^aws:(principalarn|principalaccount|principaltype|principalisawsservice|userid|username|requestedregion|securetransport)$/,
  /^aws:(sourcearn|sourceaccount|sourceip|sourcevpc|sourcevpce|vpcsourceip|viaawsservice|calledvia|calledviafirst|calledvialast)$/,
  /^aws:(multifactorauthpresent|multifactorauthage|principalorgid|tagkeys|principalservicename)$/,
  /^aws:(currenttime|epochtime|tokenissuetime|sourceidentity|useragent|referer|resourceaccount)$/,
  /^aws:(resourcetag|requesttag|principaltag)\/.+$/,
  /^dynamodb:(leadingkeys)$/,
  /^kms:encryptioncontext:.+$/,
  /^kms:(encryptioncontextkeys|calleraccount|viaservice|multiregion|multiregionkeytype|keyspec|keyusage|keyorigin)$/,
  /^kms:(replicaregion|schedulekeydeletionpendingwindowindays|bypasspolicylockoutsafetycheck|grantisforawsresource)$/,
  /^iam:(awsservicename|passedtoservice)$/,
]

/** A known key that nobody filled in before is absent. */
export const knownToBeAbsent: KeyLayer = (key) => (isKnownKey(key) ? undefined : NOT_HERE)

/** @param key in lower case */
export const isKnownKey = (key: string): boolean => KNOWN_KEYS.some((known) => known.test(key))
