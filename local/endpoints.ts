/**
 * What can be called at an embedded Coffer, and what each call works with.
 * @module
 */
import { systemEntropy } from '../lambda/adapters/system-entropy.ts'
import type { Clock } from '../lambda/core/ports/clock.ts'
import { wallClock } from './clock.ts'
import type { Services } from './compose.ts'
import { iamEndpoint } from './iam/iam-service.ts'
import type { Admin } from './identities/admin.ts'
import type { Identities } from './identities/identities.ts'
import { accountsEndpoint } from './server/accounts-endpoint.ts'
import { clockEndpoint, type ClockEndpointOptions } from './server/clock-endpoint.ts'
import { explainEndpoints } from './server/explain-endpoint.ts'
import { jsonError, type SignedEndpoint } from './server/endpoint.ts'
import { replicationEndpoints } from './server/replication-endpoint.ts'
import { rotationEndpoints } from './server/rotation-endpoint.ts'
import type { Metrics } from './server/metrics.ts'
import { networkEndpoints } from './server/network-endpoint.ts'
import { openPages } from './server/pages.ts'
import type { Endpoints } from './server/routes.ts'
import { signInEndpoint } from './server/sign-in-endpoint.ts'
import { stsEndpoint } from './sts/service.ts'

export interface EndpointsOptions {
  readonly services: Services
  readonly identities: Identities
  readonly admin: Admin
  /** The domain's. */
  readonly clock: Clock
  readonly metrics: Metrics
  readonly moveClock: ClockEndpointOptions['move']
  /** The Lambda API; absent in stand-ins. */
  readonly lambda?: SignedEndpoint | undefined
}

export function endpointsOf(options: EndpointsOptions): Endpoints {
  const { services, identities, admin, clock, metrics, moveClock, lambda } = options
  const { replications, replicationAdministration } = services
  const { store } = identities
  const entropy = systemEntropy
  const now = (): number => wallClock.now()
  const json = { kind: 'signed', renderError: jsonError } as const
  return {
    secretsmanager: {
      ...json,
      name: 'secretsmanager',
      signingNames: ['secretsmanager', 'execute-api'],
      serve: services.secretsmanager,
    },
    kms: { ...json, name: 'kms', signingNames: ['kms'], serve: services.kms },
    sts: stsEndpoint({ identities, clock }),
    iam: iamEndpoint({ identities, entropy, now, clock }),
    ...(lambda !== undefined && { lambda }),
    admin: new Map([
      ['/_coffer/clock', clockEndpoint({ clock, move: moveClock })],
      ['/_coffer/accounts', accountsEndpoint({ store, entropy, now })],
      ...(services.explain === undefined ? [] : explainEndpoints(services.explain)),
      ...(services.administration === undefined ? [] : rotationEndpoints(services.administration)),
      ...(replicationAdministration === undefined ? [] : replicationEndpoints(replicationAdministration)),
      ...(replications === undefined
        ? []
        : networkEndpoints({ ...replications, drain: () => replications.replicator.drain() })),
    ]),
    pages: openPages(metrics),
    openCalls: new Map([['/_coffer/sign-in', signInEndpoint({ ...identities, defaultAccount: admin.account, now })]]),
  }
}
