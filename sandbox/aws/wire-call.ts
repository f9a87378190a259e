/**
 * A function's call, performed by a service of the embedded Coffer.
 * @module
 */
import { asUuid } from '../../lambda/adapters/embedded/keyring/key-names.ts'
import type { Entropy } from '../../lambda/core/ports/entropy.ts'
import type { WireService } from '../../lambda/protocol/wire.ts'
import { wallClock } from '../../local/clock.ts'
import { principalOf } from '../iam/role-check.ts'
import type { AwsAnswer, AwsRequest } from './service.ts'

export interface WireCallOptions {
  readonly wire: WireService
  readonly entropy: Entropy
}

export async function performOnWire(
  { method, headers, body, region, caller }: AwsRequest,
  { wire, entropy }: WireCallOptions,
): Promise<AwsAnswer> {
  const requestId = asUuid(entropy.bytes(16).toString('hex'))
  const target = headers['x-amz-target']
  const receivedAt = wallClock.now()
  const answer = await wire({
    method,
    target: typeof target === 'string' ? target : undefined,
    contentType: headers['content-type'],
    body,
    origin: { receivedAt, isSecure: true },
    principal: principalOf(caller, receivedAt),
    region,
    requestId,
  })
  return { status: answer.status, headers: { ...answer.headers, 'x-amzn-requestid': requestId }, body: answer.body }
}
