/**
 * The function behind the custom resource that finds the table's stream.
 * @module
 */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { streamArnHandler } from './edge/stream-arn-handler.ts'

const client = new DynamoDBClient()

export const handler = streamArnHandler({
  streamArn: async (table) =>
    (await client.send(new DescribeTableCommand({ TableName: table }))).Table?.LatestStreamArn,
  send: async (url, answer) => {
    // The pre-signed URL is signed without a content type.
    const response = await fetch(url, { method: 'PUT', body: JSON.stringify(answer), headers: { 'content-type': '' } })
    if (!response.ok) throw new Error(`CloudFormation refused the answer: ${response.status}`)
  },
})
