/**
 * The conformance suite: a target, started and stopped by whoever owns it, and all that is expected of it.
 * @module
 */
import { deletion } from './suites/deletion.ts'
import { keys } from './suites/keys.ts'
import { lists } from './suites/lists.ts'
import { passwords } from './suites/passwords.ts'
import { policies } from './suites/policies.ts'
import { replicas } from './suites/replicas.ts'
import { replicationCopies } from './suites/replication-copies.ts'
import { replicationFailures } from './suites/replication-failures.ts'
import { replicationRequests } from './suites/replication-requests.ts'
import { rotation } from './suites/rotation.ts'
import { tags } from './suites/tags.ts'
import { values } from './suites/values.ts'
import { versions } from './suites/versions.ts'
import { wire } from './suites/wire.ts'
import { Bench, type Target } from './target.ts'

/** A test by the beginning of its title, and why this target cannot pass it. */
export interface Skip {
  readonly test: string
  readonly reason: string
}

export interface ConformanceOptions {
  readonly start: () => Promise<Target>
  readonly stop: () => Promise<void>
  readonly skip?: readonly Skip[]
}

export type Check = (title: string, test: () => Promise<void>) => void

export interface Suite {
  readonly bench: Bench
  readonly check: Check
}

export function conformance(targetName: string, { start, stop, skip = [] }: ConformanceOptions): void {
  const bench = new Bench()
  const check: Check = (title, test) => {
    const skipped = skip.find((each) => title.startsWith(each.test))
    if (skipped === undefined) it(title, test)
    else it.skip(`${title} (${skipped.reason})`, test)
  }
  describe(`${targetName}, spoken to by the stock SDK`, () => {
    beforeAll(async () => bench.fill(await start()))
    afterAll(async () => {
      bench.close()
      await stop()
    })
    const secrets = [wire, values, versions, lists, tags, deletion, passwords, keys, policies, rotation]
    const copies = [replicationRequests, replicationCopies, replicationFailures, replicas]
    for (const part of [...secrets, ...copies]) part({ bench, check })
  })
}
