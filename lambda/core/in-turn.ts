/**
 * Lets the writers of one secret in this process go one after the other. The condition on the revision is what keeps a secret whole; taking turns only
 * saves the rounds that a crowd of writers would lose to it.
 * @module
 */
import type { SecretKey } from './domain/secret.ts'

const tails = new Map<string, Promise<unknown>>()

export async function inTurn<T>({ account, region, name }: SecretKey, work: () => Promise<T>): Promise<T> {
  const key = `${account}/${region}/${name}`
  const before = tails.get(key)
  const turn = before ? before.then(work, work) : work()
  const tail = turn.catch(() => undefined)
  tails.set(key, tail)
  try {
    return await turn
  } finally {
    if (tails.get(key) === tail) tails.delete(key)
  }
}
