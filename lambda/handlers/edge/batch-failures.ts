/**
 * What a function that reads the table's stream answers to Lambda.
 * @module
 */
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda'

/**
 * The first failed record is the checkpoint from which a stream is read again; what went well after it is then found to be done.
 * @param failed places of records in the batch
 */
export function failedFrom(records: readonly DynamoDBRecord[], failed: readonly number[]): DynamoDBBatchResponse {
  const itemIdentifier = failed.length === 0 ? undefined : records[Math.min(...failed)]?.dynamodb?.SequenceNumber
  return { batchItemFailures: itemIdentifier === undefined ? [] : [{ itemIdentifier }] }
}
