/**
 * Callers, policies and questions for tests of decisions.
 * @module
 */
import { contextOf, keysOf, type KeyValue } from '../../../lambda/auth/condition-context.ts'
import type { AccessQuestion } from '../../../lambda/auth/decide.ts'
import type { AttachedPolicy, Found, Identity } from '../../../lambda/auth/identity.ts'
import { compilePolicy } from '../../../lambda/auth/policy/compile-policy.ts'
import type { Policy, PolicyKind } from '../../../lambda/auth/policy/policy.ts'
import type { Principal } from '../../../lambda/auth/principal.ts'

export const HOME = '111122223333'
export const ABROAD = '444455556666'
export const ACTION = 'secretsmanager:GetSecretValue'
export const SECRET = `arn:aws:secretsmanager:eu-west-1:${HOME}:secret:shop/db-AbCdEf`

export type Json = Readonly<Record<string, unknown>>

/** Of Version 2012-10-17 unless told otherwise. */
export const document = (statements: Json | readonly Json[], version: string | null = '2012-10-17'): string =>
  JSON.stringify({ ...(version === null ? {} : { Version: version }), Statement: statements })

export const compiled = (statements: Json | readonly Json[], kind: PolicyKind = 'identity', version?: string): Policy =>
  compilePolicy(document(statements, version), kind)

export const allow = (more: Json = {}): Json => ({ Effect: 'Allow', Action: ACTION, Resource: '*', ...more })
export const deny = (more: Json = {}): Json => ({ ...allow(more), Effect: 'Deny' })

export const attached = (source: string, statements: Json | readonly Json[]): AttachedPolicy => ({
  source,
  policy: compiled(statements),
})

export interface Callers {
  readonly principal: Principal
  readonly identity: Pick<Identity, 'arn' | 'uniqueId'>
}

export const userOf = (account: string): Callers => ({
  principal: {
    account,
    arn: `arn:aws:iam::${account}:user/staff/alice`,
    userId: `AIDA${account}ALICE`,
    accessKeyId: 'AKIAEXAMPLE',
  },
  identity: { arn: `arn:aws:iam::${account}:user/staff/alice`, uniqueId: `AIDA${account}ALICE` },
})

export const roleSessionOf = (account: string): Callers => ({
  principal: {
    account,
    arn: `arn:aws:sts::${account}:assumed-role/app/build-7`,
    userId: `AROA${account}APPLI:build-7`,
    accessKeyId: 'ASIAEXAMPLE',
    session: 'unseen',
  },
  identity: { arn: `arn:aws:iam::${account}:role/service/app`, uniqueId: `AROA${account}APPLI` },
})

export const federatedOf = (account: string): Callers => ({
  principal: {
    account,
    arn: `arn:aws:sts::${account}:federated-user/bob`,
    userId: `${account}:bob`,
    accessKeyId: 'ASIAEXAMPLE',
    session: 'unseen',
  },
  identity: { arn: `arn:aws:iam::${account}:user/staff/alice`, uniqueId: `AIDA${account}ALICE` },
})

export const rootOf = (account: string): Principal => ({
  account,
  arn: `arn:aws:iam::${account}:root`,
  userId: account,
  accessKeyId: 'AKIAROOT',
})

/** Policies of an identity, as statements. */
export interface Layers {
  readonly identity?: Json | readonly Json[]
  readonly boundary?: Json | readonly Json[]
  /** Of each session policy. */
  readonly session?: readonly (Json | readonly Json[])[]
}

export const knownAs = ({ identity }: Callers, layers: Layers = {}): Found => ({
  kind: 'identity',
  identity: {
    ...identity,
    policies: layers.identity === undefined ? [] : [attached('policy', layers.identity)],
    ...(layers.boundary && { boundary: attached('boundary', layers.boundary) }),
    ...(layers.session && { sessionPolicies: layers.session.map((one) => attached('session policy', one)) }),
    tags: [],
    areTagsCertain: true,
  },
})

/** What is not in it is absent. */
export const contextWith = (keys: Readonly<Record<string, KeyValue>> = {}) => contextOf(keysOf(keys), () => undefined)

/** Alice asks for a secret of her account; nothing allows it. */
export function question(more: Partial<AccessQuestion> = {}): AccessQuestion {
  const alice = userOf(HOME)
  return {
    principal: alice.principal,
    found: knownAs(alice),
    action: ACTION,
    resource: SECRET,
    account: HOME,
    rule: 'either',
    context: contextWith(),
    ...more,
  }
}

export const resourcePolicy = (
  statements: Json | readonly Json[],
  kind: PolicyKind = 'resource',
  principalIds?: ReadonlyMap<string, string>,
) => ({
  resourcePolicy: {
    source: 'resource policy',
    policy: compiled(statements, kind),
    ...(principalIds && { principalIds }),
  },
})
