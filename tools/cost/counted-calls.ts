/**
 * What one call asks of AWS, as counted in the sandbox: its tests compare their counts with this table, so the costs that are computed from it cannot drift away
 * from what the functions do.
 * @module
 */
export interface CountedCalls {
  readonly dynamoDb: number
  readonly kms: number
  readonly readUnits: number
}

/** By operation: the default key, a secret of 1 KB. GetSecretValue after the day's first read. */
export const countedCalls = {
  GetSecretValue: { dynamoDb: 1, kms: 1, readUnits: 1 },
} as const satisfies Record<string, CountedCalls>
