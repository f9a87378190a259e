/**
 * The event port over SNS: each event is a message on the deployment's topic, with attributes to filter subscriptions by. Published by a signed request and not by SNS's client, since also functions
 * behind the API tell of rotations now and then.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventPort, ServiceEvent } from '../../core/ports/events.ts'
import { serviceEventRecord, severityOf } from '../service-event-record.ts'
import { sendSigned, serviceEndpoint } from './signed-request.ts'

export interface SnsEventsOptions {
  readonly topicArn: string
  readonly region: string
  /** Of an emulator, where there is one. */
  readonly endpoint?: string | undefined
  /** Told what could not be told, for the log. */
  readonly noteFault: (fault: unknown) => void
  /** Waits between attempts; tests do not. */
  readonly pause?: (milliseconds: number) => Promise<unknown>
}

export function snsEvents({
  topicArn,
  region,
  endpoint,
  noteFault,
  pause = (milliseconds) => sleep(milliseconds),
}: SnsEventsOptions): EventPort {
  const url = new URL('/', endpoint ?? serviceEndpoint('sns', region))
  return {
    async tell(event) {
      const body = publishForm(topicArn, event).toString()
      for (let attempt = 1; ; attempt++) {
        const trouble = await publish(region, url, body)
        if (trouble === undefined) return
        if (attempt === ATTEMPTS || !trouble.isPassing) {
          noteFault(new UntoldEvent(event, trouble.status))
          return
        }
        await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1))
      }
    },
  }
}

/** An event that nobody was told of; what it was about is in the record of the rotation. */
export class UntoldEvent extends Error {
  override readonly name = 'UntoldEvent'

  constructor({ name, secretArn }: ServiceEvent, status: number | undefined) {
    super(`SNS was not told of ${name} of ${secretArn}: ${status ?? 'no answer'}`)
  }
}

/** Callers wait for it: altogether three seconds and a half at most. */
const ATTEMPTS = 3
const FIRST_PAUSE_MS = 100
const ANSWER_TIMEOUT_MS = 1_000

interface Trouble {
  readonly status: number | undefined
  readonly isPassing: boolean
}

async function publish(region: string, url: URL, body: string): Promise<Trouble | undefined> {
  const contentType = 'application/x-www-form-urlencoded; charset=utf-8'
  try {
    const request = {
      service: 'sns',
      region,
      url,
      method: 'POST',
      contentType,
      body,
      timeoutMs: ANSWER_TIMEOUT_MS,
    } as const
    const answer = await sendSigned(request)
    const said = await answer.text()
    if (answer.ok) return undefined
    return {
      status: answer.status,
      isPassing: answer.status >= 500 || answer.status === 429 || said.includes('Throttl'),
    }
  } catch {
    return { status: undefined, isPassing: true }
  }
}

/** Publish (SNS API reference): the query protocol. */
function publishForm(topicArn: string, event: ServiceEvent): URLSearchParams {
  const attributes = { event: event.name, severity: severityOf(event.name), secret: event.secret.name }
  return new URLSearchParams({
    Action: 'Publish',
    Version: '2010-03-31',
    TopicArn: topicArn,
    Subject: subjectOf(event),
    Message: JSON.stringify(serviceEventRecord(event)),
    ...Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value], index) => {
        const entry = `MessageAttributes.entry.${index + 1}`
        return [
          [`${entry}.Name`, name],
          [`${entry}.Value.DataType`, 'String'],
          [`${entry}.Value.StringValue`, value],
        ]
      }),
    ),
  })
}

/** ASCII, on one line, at most 100 characters: names of secrets are ASCII, and have no breaks. */
const subjectOf = ({ name, secret }: ServiceEvent): string => `${name}: ${secret.name}`.slice(0, LONGEST_SUBJECT)
const LONGEST_SUBJECT = 100
