/**
 * Finds the change feed of the table's replica in this Region.
 * @module
 */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** @returns the ARN of the table's latest stream; undefined when it has none */
export async function streamOfTable(table: string, client = new DynamoDBClient()): Promise<string | undefined> {
  return (await client.send(new DescribeTableCommand({ TableName: table }))).Table?.LatestStreamArn
}
