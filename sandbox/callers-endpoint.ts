/**
 * KMS, STS and IAM for whoever calls the API: customer keys, sessions and identities are made here, as far as the caller's policies let them. The embedded server's own endpoint with
 * everything else left out.
 * @module
 */
import type { Clock } from '../lambda/core/ports/clock.ts'
import type { WireService } from '../lambda/protocol/wire.ts'
import { systemEntropy } from '../lambda/adapters/system-entropy.ts'
import { IAM_REGION } from '../local/iam/authorize.ts'
import { iamEndpoint } from '../local/iam/iam-service.ts'
import { Log } from '../local/log/log.ts'
import type { Output } from '../local/log/output.ts'
import { jsonError, noSuchPath, type SignedEndpoint } from '../local/server/endpoint.ts'
import { FrontDoor } from '../local/server/front-door.ts'
import { HttpServer } from '../local/server/http-server.ts'
import { Metrics } from '../local/server/metrics.ts'
import { SignatureVerifier } from '../local/sigv4/verify.ts'
import { stsEndpoint } from '../local/sts/service.ts'
import type { Callers } from './iam/callers.ts'

export interface CallersEndpointOptions {
  readonly kms: WireService
  readonly callers: Callers
  readonly regions: readonly string[]
  /** Of the functions. */
  readonly clock: Clock
  readonly wallClock: Clock
  readonly onFault: (error: unknown) => void
}

export function callersEndpoint({
  kms,
  callers,
  regions,
  clock,
  wallClock,
  onFault,
}: CallersEndpointOptions): HttpServer {
  const nowhere: SignedEndpoint = {
    kind: 'signed',
    name: 'none',
    signingNames: ['kms', 'sts', 'iam'],
    serve: async () => jsonError(noSuchPath),
    renderError: jsonError,
  }
  const verifier = new SignatureVerifier({
    credentials: callers.credentials,
    wallClock,
    // IAM is one for all Regions.
    servesRegion: (region) => region === IAM_REGION || regions.includes(region),
  })
  const door = new FrontDoor({
    endpoints: {
      secretsmanager: nowhere,
      kms: { kind: 'signed', name: 'kms', signingNames: ['kms'], serve: kms, renderError: jsonError },
      sts: stsEndpoint({ identities: callers, clock }),
      iam: iamEndpoint({ identities: callers, entropy: systemEntropy, now: () => wallClock.now(), clock }),
      admin: new Map(),
      openCalls: new Map(),
      pages: new Map(),
    },
    verifier,
    log: new Log({ format: 'json', output: silent, wallClock }),
    metrics: new Metrics(),
  })
  return new HttpServer({ door, host: '127.0.0.1', port: 0, tls: undefined, onFault })
}

const silent: Output = {
  line: () => undefined,
  close: async () => undefined,
  flushSync: () => undefined,
}
