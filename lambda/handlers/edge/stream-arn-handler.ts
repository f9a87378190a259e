/**
 * A CloudFormation custom resource that tells the ARN of the stream of this Region's replica of the table. CloudFormation itself knows only the
 * primary's, and an ARN holds a time that no template can guess.
 * @module
 */
import { describeFault } from '../../protocol/describe-fault.ts'

/** What is sent to CloudFormation's pre-signed URL. */
export interface CustomResourceAnswer {
  readonly Status: 'SUCCESS' | 'FAILED'
  readonly Reason?: string
  readonly PhysicalResourceId: string
  readonly StackId: string
  readonly RequestId: string
  readonly LogicalResourceId: string
  readonly Data?: Readonly<Record<string, string>>
}

export interface StreamArnOptions {
  /** LatestStreamArn of a table in this Region; undefined when it has no stream. */
  readonly streamArn: (table: string) => Promise<string | undefined>
  readonly send: (url: string, answer: CustomResourceAnswer) => Promise<void>
  readonly pause: (milliseconds: number) => Promise<unknown>
}

interface CustomResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete'
  readonly ResponseURL: string
  readonly StackId: string
  readonly RequestId: string
  readonly LogicalResourceId: string
  readonly ResourceProperties: { readonly TableName: string }
}

const SETTLING_MS = [2_000, 4_000, 8_000] as const

/** The stack waits an hour for an answer that does not come: whatever happens, one is sent. */
export function streamArnHandler({
  streamArn,
  send,
  pause,
}: StreamArnOptions): (event: CustomResourceEvent) => Promise<void> {
  return async (event) => {
    const { TableName: table } = event.ResourceProperties
    const base = {
      PhysicalResourceId: `${table}-stream`,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    }
    if (event.RequestType === 'Delete') return send(event.ResponseURL, { ...base, Status: 'SUCCESS' })
    let answer: CustomResourceAnswer
    try {
      const found = await whileRoleSettles(() => streamArn(table))
      answer =
        found === undefined
          ? { ...base, Status: 'FAILED', Reason: `The table ${table} has no stream in this Region.` }
          : { ...base, Status: 'SUCCESS', Data: { StreamArn: found } }
    } catch (error) {
      answer = {
        ...base,
        Status: 'FAILED',
        Reason: `The table ${table} could not be described: ${describeFault(error).error}`,
      }
    }
    return send(event.ResponseURL, answer)
  }

  /** The function's role was made seconds ago, and IAM tells the other services in its own time. */
  async function whileRoleSettles<T>(work: () => Promise<T>): Promise<T> {
    for (const delay of SETTLING_MS) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'AccessDeniedException') throw error
        await pause(delay)
      }
    }
    return work()
  }
}
