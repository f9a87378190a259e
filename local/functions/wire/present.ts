/**
 * A function as the Lambda API shows it.
 * @module
 */
import { functionArn, LATEST } from '../function-name.ts'
import type { FunctionRecord } from '../function-record.ts'

/** FunctionConfiguration. */
export function presentFunction(record: FunctionRecord): object {
  const { name, role, environment, inert } = record
  return {
    FunctionName: name,
    FunctionArn: functionArn(record),
    Runtime: record.runtime,
    ...(role !== undefined && { Role: role }),
    Handler: record.handler,
    CodeSize: record.codeSize,
    Description: record.description,
    Timeout: record.timeoutSeconds,
    MemorySize: record.memoryMb,
    LastModified: new Date(record.modifiedAt).toISOString().replace('Z', '+0000'),
    CodeSha256: record.codeSha256,
    Version: LATEST,
    ...(Object.keys(environment).length > 0 && { Environment: { Variables: environment } }),
    TracingConfig: { Mode: 'PassThrough' },
    RevisionId: record.revisionId,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    ...inert,
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${name}`, ...objectOf(inert.LoggingConfig) },
  }
}

export const presentConcurrency = ({ reservedConcurrency }: FunctionRecord): object =>
  reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency }

const objectOf = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})
