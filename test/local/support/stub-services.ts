import type { Compose, Services } from '../../../local/compose.ts'
import { errorResponse, JSON_CONTENT_TYPE, type WireRequest, type WireService } from '../../../lambda/protocol/wire.ts'

/** Stands in for Secrets Manager where the server itself is tested. `seen` keeps what reached it. */
export interface StubServices {
  readonly compose: Compose
  readonly seen: WireRequest[]
  /** Times of the domain's clock at which background work was asked for. */
  readonly sweeps: number[]
}

export function stubServices(behaviour: Partial<Services> = {}): StubServices {
  const seen: WireRequest[] = []
  const sweeps: number[] = []
  const answer: WireService = async (request) => {
    seen.push(request)
    if (request.target === undefined)
      return errorResponse(400, 'UnknownOperationException', 'no target', { operation: 'unknown' })
    return {
      status: 200,
      headers: { 'content-type': JSON_CONTENT_TYPE },
      body: JSON.stringify({ account: request.principal.account, region: request.region }),
      report: { operation: 'GetSecretValue', resource: 'arn:aws:secretsmanager:us-east-1:1:secret:a' },
    }
  }
  const compose: Compose = ({ clock }) => ({
    secretsmanager: answer,
    kms: answer,
    sweep: async () => {
      sweeps.push(clock.now())
      return { purged: 1 }
    },
    close: async () => undefined,
    ...behaviour,
  })
  return { compose, seen, sweeps }
}
