/**
 * What happens because an item changed: a secret that shall be purged is purged at once, instead of with the next sweep, and the rotation that a head plans or asks for is scheduled or started. A record
 * only says where to look: what is done depends on the item as it is now, so records may come twice, late or out of order.
 * @module
 */
import type { Context, DynamoDBRecord, DynamoDBStreamEvent, StreamRecord } from 'aws-lambda'
import type { RotationStarter } from '../../adapters/aws/rotation/rotation-starter.ts'
import { isSameWanted } from '../../adapters/aws/rotation/wanted.ts'
import type { SecretKey } from '../../core/domain/secret.ts'
import type { Services } from '../../core/services.ts'
import { purge } from '../../core/sweeper.ts'
import { failedFrom } from './batch-failures.ts'
import { logger, reportFault } from './telemetry.ts'

export interface ChangeFeedOptions {
  readonly services: Pick<Services, 'store' | 'replication' | 'keys' | 'clock'>
  readonly starter: Pick<RotationStarter, 'arm'>
  /** A head is dealt with by its own Region alone. */
  readonly region: string
  readonly secretKeyOf: (keys: NonNullable<StreamRecord['Keys']>) => SecretKey
}

export function changeFeedHandler({ services, starter, region, secretKeyOf }: ChangeFeedOptions) {
  return async ({ Records: records }: DynamoDBStreamEvent, context: Pick<Context, 'awsRequestId'>) => {
    const heads = headsIn(records)
    const outcomes = await Promise.allSettled(heads.map(({ key }) => settle(key)))
    const failed = heads.flatMap(({ at }, index) => {
      const outcome = outcomes[index]
      if (outcome?.status === 'fulfilled') return []
      reportFault(outcome?.reason, { operation: 'change-feed', requestId: context.awsRequestId })
      return [at]
    })
    return failedFrom(records, failed)
  }

  /** A head that a batch tells of several times is looked at once. */
  function headsIn(records: readonly DynamoDBRecord[]): readonly { readonly key: SecretKey; readonly at: number }[] {
    const heads = new Map<string, { readonly key: SecretKey; readonly at: number }>()
    for (const [at, { dynamodb = {} }] of records.entries()) {
      const key = secretKeyOf(dynamodb.Keys ?? {})
      if (key.region !== region || !isNews(dynamodb)) continue
      const name = JSON.stringify([key.account, key.name])
      if (!heads.has(name)) heads.set(name, { key, at })
    }
    return [...heads.values()]
  }

  async function settle(key: SecretKey): Promise<void> {
    const secret = await services.store.load(key)
    if (secret === undefined) return
    const { head } = secret
    if (head.rotation !== undefined) logger.info('arm', { resource: key.name, outcome: await starter.arm(head) })
    if (head.state !== 'purging') return
    const isPurged = await purge(services, head)
    logger.info('purge', { resource: key.name, isPurged })
  }
}

/** Most changes of a head whose rotation is configured have nothing to do with it; the images are good enough to tell that. */
function isNews({ OldImage, NewImage }: StreamRecord): boolean {
  if (NewImage?.state?.S === 'purging') return true
  return !isSameWanted(OldImage?.rotates?.S, NewImage?.rotates?.S)
}
