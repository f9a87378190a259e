/**
 * The STS API over the embedded identities: what `aws sts` and the SDKs speak.
 * @module
 */
import { queryEndpoint, type QueryApi, type QueryOperations } from '../query/query-service.ts'
import type { SignedEndpoint } from '../server/endpoint.ts'
import type { StsMeans, StsOperations } from './call.ts'
import { operationModels, shapes } from './model/sts.shapes.generated.ts'
import { assumeRole } from './operations/assume-role.ts'
import { getFederationToken, getSessionToken } from './operations/user-sessions.ts'
import { getAccessKeyInfo, getCallerIdentity } from './operations/who-is.ts'

const VERSION = '2011-06-15'

export const stsApi: QueryApi = {
  name: 'sts',
  title: 'STS',
  version: VERSION,
  namespace: `https://sts.amazonaws.com/doc/${VERSION}/`,
  shapes,
  models: operationModels,
}

const stsOperations: StsOperations = {
  GetCallerIdentity: getCallerIdentity,
  GetAccessKeyInfo: getAccessKeyInfo,
  AssumeRole: assumeRole,
  GetSessionToken: getSessionToken,
  GetFederationToken: getFederationToken,
}

export function stsEndpoint(means: StsMeans): SignedEndpoint {
  const operations: QueryOperations = Object.fromEntries(
    Object.entries(stsOperations).map(([name, run]) => [
      name,
      (call: Parameters<QueryOperations[string]>[0]) => run({ ...call, means }),
    ]),
  )
  return queryEndpoint(stsApi, operations)
}
