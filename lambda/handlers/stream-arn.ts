/**
 * The function behind the custom resource that finds the table's stream.
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises'
import { streamOfTable } from '../adapters/aws/stream-of-table.ts'
import { streamArnHandler } from './edge/stream-arn-handler.ts'

export const handler = streamArnHandler({
  streamArn: (table) => streamOfTable(table),
  pause,
  send: async (url, answer) => {
    // The pre-signed URL is signed without a content type.
    const response = await fetch(url, { method: 'PUT', body: JSON.stringify(answer), headers: { 'content-type': '' } })
    if (!response.ok) throw new Error(`CloudFormation refused the answer: ${response.status}`)
  },
})
