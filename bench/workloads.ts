/**
 * What is asked of a server: the calls of each operation, spread evenly over its secrets.
 * @module
 */
import { randomInt, randomUUID } from 'node:crypto'
import { ApiClient } from './api-client.ts'
import { createCall, getCall, nameOf, randomValue } from './secrets.ts'
import type { Address, Call } from './signed-call.ts'

export const OPERATIONS = ['GetSecretValue', 'PutSecretValue', 'CreateSecret', 'ListSecrets'] as const
export type OperationName = (typeof OPERATIONS)[number]

const PAGE = 100
/** Places in a list that pages are asked for from. */
const LIST_PLACES = 100

let generation = 0

export interface Workload {
  readonly calls: Iterable<Call>
  /** A repetition of a call is other work than the call. */
  readonly isOnce: boolean
}

/** @param secrets how many the server holds @param count calls to make, where there are not fewer to choose from */
export async function workloadOf(
  operation: OperationName,
  { address, secrets, count }: { readonly address: Address; readonly secrets: number; readonly count: number },
): Promise<Workload> {
  switch (operation) {
    case 'GetSecretValue':
      return { isOnce: false, calls: Array.from({ length: count }, () => getCall(randomInt(secrets))) }
    case 'PutSecretValue':
      return { isOnce: true, calls: puts(secrets, count) }
    case 'CreateSecret':
      return { isOnce: true, calls: creates(count) }
    case 'ListSecrets':
      return { isOnce: false, calls: await pages(address) }
  }
}

/** A secret takes a hundred versions a day: in turn, so that none is ahead of the others. */
function* puts(secrets: number, count: number): Generator<Call> {
  const from = randomInt(secrets)
  for (let index = 0; index < count; index++)
    yield {
      operation: 'PutSecretValue',
      input: {
        SecretId: nameOf((from + index) % secrets),
        ClientRequestToken: randomUUID(),
        SecretString: randomValue(),
      },
    }
}

function* creates(count: number): Generator<Call> {
  const prefix = `bench/new-${generation++}`
  for (let index = 0; index < count; index++) yield createCall(`${prefix}/secret-${index}`)
}

/** Walks the whole list, and keeps pages from everywhere in it. */
async function pages(address: Address): Promise<readonly Call[]> {
  const client = new ApiClient(address)
  const calls: Call[] = []
  let token: unknown = null
  do {
    const call = { operation: 'ListSecrets', input: { MaxResults: PAGE, ...(token !== null && { NextToken: token }) } }
    calls.push(call)
    token = (await client.call(call)).NextToken ?? null
  } while (token !== null)
  client.close()
  // The last page may be a short one.
  if (calls.length > 1) calls.pop()
  const step = Math.max(1, calls.length / LIST_PLACES)
  return Array.from(
    { length: Math.min(LIST_PLACES, calls.length) },
    (_, place) => calls[Math.floor(place * step)],
  ).filter((call) => call !== undefined)
}
