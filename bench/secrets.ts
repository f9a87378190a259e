/**
 * The secrets of a benchmark: numbered, 1 KB of random printable text each.
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { ApiClient } from './api-client.ts'
import type { Address, Call } from './signed-call.ts'

const VALUE_LENGTH = 1024
/** Writers that are at the disk together share its one fsync. */
const FILLING_CONNECTIONS = 128

export const nameOf = (index: number): string => `bench/app-${index % 97}/secret-${String(index).padStart(6, '0')}`

export const randomValue = (): string => randomBytes((VALUE_LENGTH * 3) / 4).toString('base64')

export function createCall(name: string): Call {
  const input = { Name: name, ClientRequestToken: randomUUID(), SecretString: randomValue() }
  return { operation: 'CreateSecret', input }
}

export const getCall = (index: number): Call => ({
  operation: 'GetSecretValue',
  input: { SecretId: nameOf(index) },
})

/** Makes the secrets 0 to `count` through the API. */
export async function fill(address: Address, count: number, connections = FILLING_CONNECTIONS): Promise<void> {
  const client = new ApiClient(address, connections)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await client.call(createCall(nameOf(next++)))
  }
  await Promise.all(Array.from({ length: connections }, worker))
  client.close()
}
