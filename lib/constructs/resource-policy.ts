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
  // A private API admits nobody without an Allow. Naming an account leaves it to that account's policies, the own one's too.
  const admitted = endpoints === undefined ? others : [place.account, ...others]
  const statements = [
    deny('DenyOtherAccounts', { 'aws:PrincipalAccount': [place.account, ...others] }),
    ...(endpoints === undefined ? [] : [deny('DenyOtherEndpoints', { 'aws:SourceVpce': [...endpoints] })]),
    ...(admitted.length === 0
      ? []
      : [
          new PolicyStatement({
            sid: 'AdmitAccounts',
            principals: admitted.map((account) => new AccountPrincipal(account)),
            ...invoke,
          }),
        ]),
  ]
  return new PolicyDocument({ statements })
}

/** Denies all for whom a value is another one, or absent. */
const deny = (sid: string, unless: Record<string, string[]>): PolicyStatement =>
  new PolicyStatement({
    sid,
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    ...invoke,
    conditions: { StringNotEquals: unless },
  })
