/** A server of one request after the other, for what is asked by a signed request: keeps what was asked, and answers as the test says. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Asked {
  readonly method: string | undefined
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly body?: string
}

export async function signedEndpoint() {
  const asked: Asked[] = []
  const answers: Answer[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, url = '', headers } = request
      asked.push({ method, url, headers, body })
      const { status, body: said = '{}' } = answers.length > 1 ? answers.shift()! : (answers[0] ?? { status: 200 })
      // No status: a socket that breaks.
      if (status === 0) response.destroy()
      else response.writeHead(status).end(said)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    asked,
    /** The last one stays. */
    answers,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Credentials as Lambda gives them; `jest.restoreAllMocks` takes them away. */
export function withCredentials(): void {
  jest.replaceProperty(process, 'env', {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'ASIATESTTESTTESTTEST',
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_SESSION_TOKEN: 'a-token',
  })
}
