/**
 * All that a caller can see of secrets and keys, to compare before and after. Dates of reads are left out: looking changes them.
 * @module
 */
import type { Json, WireClient } from '../../support/wire-client.ts'

export async function observedState(client: WireClient, keyId: string): Promise<Json> {
  const secrets = await allPages(client, 'ListSecrets', 'SecretList', { IncludePlannedDeletion: true, MaxResults: 100 })
  const active = secrets.filter(({ DeletedDate }) => DeletedDate === undefined).map(({ ARN }) => ARN)
  const values: unknown[] = []
  for (let from = 0; from < active.length; from += 20) {
    const SecretIdList = active.slice(from, from + 20)
    const { SecretValues, Errors } = await client.call('BatchGetSecretValue', { SecretIdList })
    values.push(
      SecretValues,
      (Errors as Json[]).map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode]),
    )
  }
  const { Keys } = await client.kms('ListKeys', { Limit: 1000 })
  const { Aliases } = await client.kms('ListAliases', { Limit: 100 })
  const { KeyMetadata } = await client.kms('DescribeKey', { KeyId: keyId })
  return {
    secrets: secrets.map(({ LastAccessedDate: _, ...rest }) => rest),
    values,
    keys: (Keys as unknown[]).length,
    Aliases,
    KeyMetadata,
  }
}

async function allPages(client: WireClient, operation: string, member: string, input: Json): Promise<Json[]> {
  const items: Json[] = []
  let NextToken: unknown
  do {
    const page = await client.call(operation, { ...input, ...(NextToken !== undefined && { NextToken }) })
    items.push(...(page[member] as Json[]))
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return items
}
