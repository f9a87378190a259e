/**
 * The Runtime API as a function's process calls it: one connection, one request at a time. When the server is gone there is nobody to work for, and the process
 * ends.
 * @module
 */
import { Buffer } from 'node:buffer'
import { Agent, request } from 'node:http'

export class RuntimeClient {
  #host
  #port
  #path
  #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  /** @param address `AWS_LAMBDA_RUNTIME_API`: host, port, and the path that is this process's own */
  constructor(address) {
    const url = new URL(`http://${address}`)
    this.#host = url.hostname
    this.#port = url.port
    this.#path = `${url.pathname.replace(/\/$/, '')}/2018-06-01/runtime`
  }

  /**
   * Waits for an event.
   * @returns `{requestId, event, deadline, functionArn, traceId, clientContext, cognitoIdentity}`: the event and the last two are JSON texts, the last two may be
   *   undefined, the deadline is epoch milliseconds
   */
  async next() {
    const { headers, body } = await this.#call('GET', '/invocation/next')
    const header = (name) => {
      const value = headers[`lambda-runtime-${name}`]
      return typeof value === 'string' ? value : undefined
    }
    return {
      requestId: header('aws-request-id') ?? '',
      event: body,
      deadline: Number(header('deadline-ms')),
      functionArn: header('invoked-function-arn') ?? '',
      traceId: header('trace-id') ?? '',
      clientContext: header('client-context'),
      cognitoIdentity: header('cognito-identity'),
    }
  }

  /** A result that is too large the server itself turns into a failure. @param result JSON text */
  async respond(requestId, result) {
    await this.#call('POST', `/invocation/${requestId}/response`, result)
  }

  async fail(requestId, errorType, document) {
    await this.#call('POST', `/invocation/${requestId}/error`, document, errorType)
  }

  async failInit(errorType, document) {
    await this.#call('POST', '/init/error', document, errorType)
  }

  #call(method, path, body, errorType) {
    const headers = {}
    if (body !== undefined) {
      headers['content-type'] = 'application/json'
      headers['content-length'] = Buffer.byteLength(body)
    }
    // What an error calls itself may hold what a header may not.
    if (errorType !== undefined)
      headers['lambda-runtime-function-error-type'] = errorType.replace(/[^\w.:-]/g, '?').slice(0, 200)
    return new Promise((resolve) => {
      const outgoing = request(
        { host: this.#host, port: this.#port, path: this.#path + path, method, headers, agent: this.#agent },
        (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk) => (text += chunk))
          response.on('end', () => resolve({ headers: response.headers, body: text }))
          response.on('error', serverIsGone)
        },
      )
      outgoing.on('error', serverIsGone)
      outgoing.end(body)
    })
  }
}

const exit = process.exit.bind(process)

const serverIsGone = () => exit(1)
