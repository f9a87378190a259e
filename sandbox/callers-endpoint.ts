/**
 * KMS and STS for whoever calls the API: customer keys are made here, under the admin's credentials. The embedded server's own endpoint with
 * everything else left out.
 * @module
 */
import type { Clock } from '../lambda/core/ports/clock.ts'
import type { WireService } from '../lambda/protocol/wire.ts'
import { Log } from '../local/log/log.ts'
import type { Output } from '../local/log/output.ts'
import { jsonError, noSuchPath, type SignedEndpoint } from '../local/server/endpoint.ts'
import { FrontDoor } from '../local/server/front-door.ts'
import { HttpServer } from '../local/server/http-server.ts'
import { Metrics } from '../local/server/metrics.ts'
import { SignatureVerifier } from '../local/sigv4/verify.ts'
import { stsEndpoint } from '../local/sts/service.ts'
import type { Identities } from './iam/identities.ts'

export interface CallersEndpointOptions {
  readonly kms: WireService
  readonly identities: Identities
  readonly regions: readonly string[]
  readonly wallClock: Clock
  readonly onFault: (error: unknown) => void
}

export function callersEndpoint({ kms, identities, regions, wallClock, onFault }: CallersEndpointOptions): HttpServer {
  const nowhere: SignedEndpoint = {
    kind: 'signed',
    name: 'none',
    signingNames: ['kms', 'sts'],
    serve: async () => jsonError(noSuchPath),
    renderError: jsonError,
  }
  const verifier = new SignatureVerifier({
    // Keys are made by the admin alone: users of the sandbox have policies for the API only.
    credentials: {
      find: (accessKeyId) => {
        const credential = identities.find(accessKeyId)
        return credential?.isAdmin === true ? credential : undefined
      },
    },
    wallClock,
    servesRegion: (region) => regions.includes(region),
  })
  const door = new FrontDoor({
    endpoints: {
      secretsmanager: nowhere,
      kms: { kind: 'signed', name: 'kms', signingNames: ['kms'], serve: kms, renderError: jsonError },
      sts: stsEndpoint,
      admin: new Map(),
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
