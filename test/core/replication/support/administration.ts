/**
 * Calls of administration in a Region, as the admin of the account unless a test says who.
 * @module
 */
import type { Principal } from '../../../../lambda/auth/principal.ts'
import {
  reprimary,
  showReplication,
  type Reprimary,
  type ReplicationCall,
} from '../../../../lambda/core/replication/administer.ts'
import { preflight, type PreflightRequest } from '../../../../lambda/core/replication/preflight.ts'
import { ACCOUNT, ORIGIN, principalOf } from '../../../support/coffer.ts'
import { HOME, NAME, type Regions } from './regions.ts'

export interface Asked {
  readonly region?: string
  readonly secretId?: string
  readonly principal?: Principal
}

export function administrationOf(regions: () => Regions) {
  const call = ({ region = HOME, secretId = NAME, principal = principalOf(ACCOUNT) }: Asked): ReplicationCall => ({
    services: regions().services,
    context: { principal, origin: ORIGIN, region, requestId: 'r' },
    secretId,
  })
  return {
    show: (asked: Asked = {}) => showReplication(call(asked)),
    preflight: (asked: Asked, request: PreflightRequest = {}) => preflight(call(asked), request),
    reprimary: (wish: Reprimary, asked: Asked = {}) => reprimary(call(asked), wish),
  }
}
