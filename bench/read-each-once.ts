/**
 * Reads every secret once. The first read of a secret on a day also writes that day down; the runs measure the reads that follow.
 * @module
 */
import type { Bench } from './bench.ts'
import { ApiClient } from './api-client.ts'
import type { Contender } from './measurement.ts'
import { getCall } from './secrets.ts'

const IN_FLIGHT = 64

export async function readEachOnce({ server, secrets, name }: Contender, bench: Bench): Promise<void> {
  bench.say(`reading each secret once: ${name}`)
  const client = new ApiClient(server.address, IN_FLIGHT)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < secrets) await client.call(getCall(next++))
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
  client.close()
}
