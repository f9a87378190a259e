/**
 * Who may knock at the API at all. Callers of the own account need an `execute-api:Invoke` of their own and get nothing from here: an Allow in a resource policy would be enough
 * by itself within an account (API Gateway developer guide, authorization flow). Callers of an allowed account need it on both sides, so they get theirs here. All others are
 * denied, whatever else says.
 * @module
 */
import { AccountPrincipal, AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { RegionalDeployment } from '../deployment.ts'

const invoke = { actions: ['execute-api:Invoke'], resources: ['execute-api:/*'] }

export function resourcePolicy({ config, place, region }: RegionalDeployment): PolicyDocument {
  const others = config.allowedAccounts
  const endpoints = config.privateApi?.vpcEndpointIds[region]
  const statements = [
    deny('DenyOtherAccounts', { 'aws:PrincipalAccount': [place.account, ...others] }),
    ...(endpoints === undefined ? [] : [deny('DenyOtherEndpoints', { 'aws:SourceVpce': [...endpoints] })]),
    ...(others.length === 0 ? [] : [admit('AdmitAccounts', others)]),
    // A private API admits nobody without an Allow; within the account that may be all it takes, so it names the callers.
    ...(config.privateApi === undefined
      ? []
      : [admit('AdmitCallers', [place.account], { 'aws:PrincipalArn': [...config.privateApi.callers] })]),
  ]
  return new PolicyDocument({ statements })
}

/** @param only patterns of a key that the caller must match */
const admit = (sid: string, accounts: readonly string[], only?: Record<string, string[]>): PolicyStatement =>
  new PolicyStatement({
    sid,
    principals: accounts.map((account) => new AccountPrincipal(account)),
    ...invoke,
    ...(only && { conditions: { ArnLike: only } }),
  })

/** Denies all for whom a value is another one, or absent. */
const deny = (sid: string, unless: Record<string, string[]>): PolicyStatement =>
  new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    ...invoke,
    conditions: { StringNotEquals: unless },
  })
