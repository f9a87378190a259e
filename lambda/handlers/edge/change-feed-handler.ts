/**
 * What happens because an item changed: a secret that shall be purged is purged at once, instead of with the next sweep. A record only says where to look:
 * what is done depends on the item as it is now, so records may come twice, late or out of order.
 * @module
 */
import type { Context, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent, StreamRecord } from 'aws-lambda'
import type { SecretKey } from '../../core/domain/secret.ts'
import type { Services } from '../../core/services.ts'
import { purge } from '../../core/sweeper.ts'
import { logger, reportFault } from './telemetry.ts'

export interface ChangeFeedOptions {
  readonly services: Pick<Services, 'store' | 'keys' | 'clock'>
  /** A head is purged by its own Region alone. */
  readonly region: string
  readonly secretKeyOf: (keys: NonNullable<StreamRecord['Keys']>) => SecretKey
}

export function changeFeedHandler({ services, region, secretKeyOf }: ChangeFeedOptions) {
  return async ({ Records: records }: DynamoDBStreamEvent, context: Pick<Context, 'awsRequestId'>) => {
    for (const [index, record] of records.entries()) {
      try {
        await settle(record)
      } catch (fault) {
        reportFault(fault, { operation: 'change-feed', requestId: context.awsRequestId })
        // Lambda comes back with this record and those after it.
        return failedFrom(records.slice(index))
      }
    }
    return failedFrom([])
  }

  async function settle({ dynamodb }: DynamoDBRecord): Promise<void> {
    const key = secretKeyOf(dynamodb?.Keys ?? {})
    if (key.region !== region) return
    const secret = await services.store.load(key)
    if (secret?.head.state !== 'purging') return
    const isPurged = await purge(services, secret.head)
    logger.info('purge', { resource: key.name, isPurged })
  }
}

/** The first failed record is the checkpoint from which a stream is read again. */
function failedFrom(records: readonly DynamoDBRecord[]): DynamoDBBatchResponse {
  const itemIdentifier = records[0]?.dynamodb?.SequenceNumber
  return { batchItemFailures: itemIdentifier === undefined ? [] : [{ itemIdentifier }] }
}
