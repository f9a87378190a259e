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

/**
 * What a PutSecretValue of 1 KB asks for, and each copy of it: KMS as the sandbox counts it (`put`: GenerateDataKey; `copy`: Decrypt where it is opened, and GenerateDataKey), the write units with the index entries, which it does
 * not count.
 */
export const changeUnits = {
  put: { kms: 1, writeUnits: 10 },
  copy: { kms: 2, writeUnits: 12 },
  /** Of a replicator that is told of a change: the heads and links of all Regions under the name, and what it looks up again. */
  replicatorReadUnits: 5.5,
} as const
