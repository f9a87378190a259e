/**
 * A change of an item as a record of a DynamoDB stream.
 * @module
 */
import type { Change } from '../aws/dynamodb/global-table.ts'
import type { JsonObject } from '../json.ts'

export function streamRecord(change: Change, stream: string, sequence: number, now: number): JsonObject {
  const { table, region, key, before, after } = change
  const view = table.streamView ?? 'NEW_AND_OLD_IMAGES'
  const hasNew = view === 'NEW_IMAGE' || view === 'NEW_AND_OLD_IMAGES'
  const hasOld = view === 'OLD_IMAGE' || view === 'NEW_AND_OLD_IMAGES'
  return {
    eventID: sequence.toString(16).padStart(32, '0'),
    eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(now / 1000),
      Keys: key,
      ...(hasNew && after !== undefined && { NewImage: after }),
      ...(hasOld && before !== undefined && { OldImage: before }),
      SequenceNumber: String(sequence).padStart(21, '1'),
      SizeBytes: JSON.stringify({ before, after }).length,
      StreamViewType: view,
    },
    eventSourceARN: stream,
  }
}

export const sequenceOf = ({ dynamodb }: JsonObject): string =>
  (dynamodb as { readonly SequenceNumber: string }).SequenceNumber
