/**
 * The identity function's snapshot and operation functions' view of it, on one table.
 * @module
 */
import type { Principal } from '../../../../lambda/auth/principal.ts'
import { awsDirectory } from '../../../../lambda/adapters/aws/identity/aws-directory.ts'
import { IdentitySnapshot } from '../../../../lambda/adapters/aws/identity/identity-snapshot.ts'
import { ManualClock } from '../../../support/manual-clock.ts'
import { dynaliteSuite } from '../dynamo/dynamo-fixture.ts'
import { ACCOUNT, FakeIam, sessionArn, userArn } from './fake-iam.ts'

export const PLACE = { account: ACCOUNT, region: 'us-east-1' }
export const LONGEST_MS = 125_000

export function identitySuite() {
  const suite = dynaliteSuite()
  return {
    ...suite,
    start() {
      const { client, table, requests } = suite.open()
      const clock = new ManualClock()
      const iam = new FakeIam()
      let passes = 0
      /** Another instance of the identity function. */
      const makeSnapshot = (over = suite.open().client) =>
        new IdentitySnapshot({ ...PLACE, client: over, table, iam, clock, newId: () => `pass-${passes++}` })
      const snapshot = makeSnapshot()
      const refreshed: string[] = []
      const refresh = async (uniqueId: string): Promise<void> => {
        refreshed.push(uniqueId)
        await snapshot.pass({ longestMs: LONGEST_MS, pauseMs: 5_000 })
      }
      return {
        client,
        table,
        /** Of the directory. */
        requests,
        clock,
        iam,
        snapshot,
        makeSnapshot,
        pass: () => snapshot.pass({ longestMs: LONGEST_MS }),
        /** Whom the directory had the snapshot renewed for. */
        refreshed,
        /** Another operation function. */
        directory: (options: { graceMinutes?: number; refresh?: (uniqueId: string) => Promise<void> } = {}) =>
          awsDirectory({ ...PLACE, client, table, clock, graceMinutes: 15, refresh, ...options }),
      }
    },
  }
}

export type Started = ReturnType<ReturnType<typeof identitySuite>['start']>

export const asUser = (name: string, id: string, arn = userArn(name)): Principal => ({
  account: ACCOUNT,
  arn,
  userId: id,
  accessKeyId: 'AKIATESTTESTTESTTEST',
})

export const asSession = (role: string, id: string, session = 's'): Principal => ({
  account: ACCOUNT,
  arn: sessionArn(role, session),
  userId: `${id}:${session}`,
  accessKeyId: 'ASIATESTTESTTESTTEST',
  session: 'unseen',
})
