/**
 * The sandbox's own controls, on a port that only this machine reaches: the clock, the report, faults, the logs of the functions.
 * @module
 */
import type { ServerResponse } from 'node:http'
import { readFault, type Faults, type FaultTargets } from '../aws/faults.ts'
import type { Delivery } from '../aws/scheduler/schedules.ts'
import { HttpListener, type HttpRequest } from '../http.ts'
import { isObject, numberOf, parseJson, SandboxProblem, type JsonObject } from '../json.ts'
import type { Report } from '../report.ts'

export interface Controls {
  readonly faults: Faults
  readonly faultTargets: FaultTargets
  /** Moves the clock and resolves when what fell due is done. @returns the time after it */
  readonly advance: (milliseconds: number) => Promise<number>
  /** Resolves when streams, copies and functions are idle. */
  readonly settle: () => Promise<void>
  readonly holdReplication: (isHeld: boolean) => void
  readonly report: () => Report
  readonly resetCounts: () => void
  readonly logs: () => Readonly<Record<string, string>>
  /** With their histories. */
  readonly executions: () => readonly object[]
  readonly messages: () => readonly object[]
  /** Those that are to fire. */
  readonly schedules: () => readonly object[]
  readonly deliverSchedules: (delivery: Delivery) => void
  /** @returns its ARN */
  readonly addFunction: (given: JsonObject) => Promise<string>
}

const DELIVERIES: readonly Delivery[] = ['once', 'twice', 'never']

type Handler = (controls: Controls, input: JsonObject) => unknown

const ROUTES: Readonly<Record<string, Handler>> = {
  'POST /clock': async ({ advance }, { advance: milliseconds }) => {
    const now = await advance(numberOf(milliseconds, 'advance (milliseconds)'))
    return { now: new Date(now).toISOString() }
  },
  'POST /settle': async ({ settle }) => {
    await settle()
    return {}
  },
  'POST /replication': ({ holdReplication }, { hold }) => {
    holdReplication(hold === true)
    return {}
  },
  'GET /report': ({ report }) => report(),
  'POST /reset-counts': ({ resetCounts }) => {
    resetCounts()
    return {}
  },
  'POST /faults': ({ faults, faultTargets }, input) => {
    faults.add(readFault(input, faultTargets))
    return { faults: faults.inForce }
  },
  'GET /faults': ({ faults }) => ({ faults: faults.inForce }),
  'DELETE /faults': ({ faults }) => {
    faults.clear()
    return { faults: faults.inForce }
  },
  'GET /logs': ({ logs }) => logs(),
  'GET /executions': ({ executions }) => ({ executions: executions() }),
  'GET /messages': ({ messages }) => ({ messages: messages() }),
  'GET /schedules': ({ schedules }) => ({ schedules: schedules() }),
  'POST /schedules': ({ deliverSchedules }, { deliver }) => {
    const delivery = DELIVERIES.find((known) => known === deliver)
    if (delivery === undefined) throw new SandboxProblem(`deliver is one of ${DELIVERIES.join(', ')}`)
    deliverSchedules(delivery)
    return { deliver: delivery }
  },
  'POST /functions': async ({ addFunction }, input) => ({ arn: await addFunction(input) }),
}

export function adminEndpoint(controls: Controls, onFault: (error: unknown) => void): HttpListener {
  return new HttpListener({
    bodyLimit: 1024 * 1024,
    onFault,
    answer: (request, response) => answer(controls, request, response),
  })
}

async function answer(controls: Controls, { message, body }: HttpRequest, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = message
  const send = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
  // A page in a browser can be made to call 127.0.0.1 under another name.
  if (!/^(127\.0\.0\.1|localhost):\d+$/.test(headers.host ?? '') || headers.origin !== undefined) {
    send(403, { message: 'Call the admin endpoint as 127.0.0.1, and not from a web page.' })
    return
  }
  const route = `${method} ${url}`
  const handler = Object.hasOwn(ROUTES, route) ? ROUTES[route] : undefined
  if (handler === undefined) {
    send(404, { message: `There is only ${Object.keys(ROUTES).join(', ')}` })
    return
  }
  const input = body.length === 0 ? {} : parseJson(body.toString('utf8'))
  if (!isObject(input)) {
    send(400, { message: 'The body must be a JSON object.' })
    return
  }
  try {
    send(200, await handler(controls, input))
  } catch (error) {
    if (!(error instanceof SandboxProblem)) throw error
    send(400, { message: error.message })
  }
}
