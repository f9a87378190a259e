/**
 * Managed rotation's way to secrets: the operations themselves, called in this process.
 * @module
 */
import { execute } from '../core/execute.ts'
import { randomUuid } from '../core/domain/random-id.ts'
import type { OperationName } from '../core/model/secrets-manager.types.generated.ts'
import type { Operation } from '../core/operation.ts'
import { describeSecret } from '../core/operations/describe-secret.ts'
import { getRandomPassword } from '../core/operations/get-random-password.ts'
import { getSecretValue } from '../core/operations/get-secret-value.ts'
import { putSecretValue } from '../core/operations/put-secret-value.ts'
import { updateSecretVersionStage } from '../core/operations/update-secret-version-stage.ts'
import { ownerContext } from '../core/rotation/owner.ts'
import type { Services } from '../core/services.ts'
import type { SecretAccess } from './secret-access.ts'

export interface CoreAccessOptions {
  readonly services: Services
  /** Whose secrets. */
  readonly account: string
  readonly region: string
  readonly noteFault: (fault: unknown) => void
}

/** What a rotation function of AWS's templates uses, and nothing else. */
export function coreSecretAccess({ services, account, region, noteFault }: CoreAccessOptions): SecretAccess {
  const calling =
    <N extends OperationName>(operation: Operation<N>) =>
    async (input: Parameters<Operation<N>['run']>[0]['input']) => {
      const context = ownerContext({ account, region }, randomUuid(services.entropy), services.clock.now())
      return (await execute(operation, { input, context, services, noteFault })).answer
    }
  return {
    DescribeSecret: calling(describeSecret),
    GetSecretValue: calling(getSecretValue),
    PutSecretValue: calling(putSecretValue),
    UpdateSecretVersionStage: calling(updateSecretVersionStage),
    GetRandomPassword: calling(getRandomPassword),
  }
}
