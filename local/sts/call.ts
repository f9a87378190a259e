/**
 * What an operation of STS gets to work with.
 * @module
 */
import type { WireRequest } from '../../lambda/protocol/wire.ts'
import type { Clock } from '../../lambda/core/ports/clock.ts'
import type { Identities } from '../identities/identities.ts'
import type { OperationName, OperationTypes } from './model/sts.types.generated.ts'

export interface StsMeans {
  readonly identities: Pick<Identities, 'store' | 'authorizer' | 'mfa' | 'sessions'>
  /** The domain's clock: of `aws:CurrentTime`. Sessions and codes have wall time of their own. */
  readonly clock: Clock
}

export interface StsCall<Input> {
  readonly input: Input
  readonly request: WireRequest
  readonly means: StsMeans
  /** Tells the log which ARN the call is about. */
  readonly note: (resource: string) => void
}

export type StsOperations = {
  readonly [Name in OperationName]: (
    call: StsCall<OperationTypes[Name]['input']>,
  ) => OperationTypes[Name]['output'] | Promise<OperationTypes[Name]['output']>
}
