/**
 * How managed rotation reads and writes secrets: the operations of the API that a rotation function of AWS's templates uses, in this process, as the account's root. An explicit Deny in a
 * secret's policy counts here as everywhere.
 * @module
 */
import type { OperationTypes } from '../core/model/secrets-manager.types.generated.ts'

type Calls = 'DescribeSecret' | 'GetSecretValue' | 'PutSecretValue' | 'UpdateSecretVersionStage' | 'GetRandomPassword'

/** One method per operation: its input and output as on the wire. @throws {ServiceError} as the operation does */
export type SecretAccess = {
  readonly [N in Calls]: (input: OperationTypes[N]['input']) => Promise<OperationTypes[N]['output']>
}
