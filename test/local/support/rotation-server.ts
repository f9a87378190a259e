/**
 * A Coffer in memory behind HTTP, for commands about rotations: the API's operations by their paths, and the calls under `/_coffer/rotation/`. Rotations that are asked for are carried out at once; signatures are
 * not checked.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerRotationCall, ROTATION_PATHS, type RotationCall } from '../../../lambda/protocol/rotation-call.ts'
import type { SecretHead } from '../../../lambda/core/domain/secret.ts'
import { createSecretsManagerService } from '../../../lambda/protocol/service.ts'
import { operations } from '../../../lambda/core/operations/index.ts'
import type { Services } from '../../../lambda/core/services.ts'
import { ACCOUNT, ORIGIN, principalOf, REGION, type Coffer } from '../../support/coffer.ts'
import { walk } from '../../support/rotation-walk.ts'

export interface RotationServer {
  readonly url: string
  /** What rotations that nobody waits for have come to. */
  readonly settled: () => Promise<void>
  /** Ends the connection of as many calls about rotations instead of an answer. */
  readonly breakFor: (calls: number) => void
  /** How many were. */
  readonly brokenOff: () => number
  /** Functions that its Lambda API knows. */
  readonly lambda: Set<string>
  readonly close: () => Promise<void>
}

const FUNCTIONS = '/2015-03-31/functions/'

export async function serveRotations(coffer: Coffer): Promise<RotationServer> {
  const walks: Promise<unknown>[] = []
  const rotateSoon = async (head: SecretHead): Promise<void> =>
    void walks.push(walk(coffer, head, { stopsAtWait: true }))
  const services: Services = { ...coffer.services, rotateSoon }
  const api = createSecretsManagerService(services, operations)
  const lambda = new Set<string>()
  let [toBreak, broken] = [0, 0]
  const server = createServer((request, response) => {
    const { url = '' } = request
    if (toBreak > 0 && url.startsWith('/_coffer/rotation/')) {
      toBreak--
      broken++
      request.socket.destroy()
      return
    }
    if (url.startsWith(FUNCTIONS)) {
      const isThere = lambda.has(decodeURIComponent(url.slice(FUNCTIONS.length)).split(':').at(-1) ?? '')
      const headers = isThere ? {} : { 'x-amzn-errortype': 'ResourceNotFoundException' }
      response.writeHead(isThere ? 200 : 404, headers).end(JSON.stringify({ Message: 'Function not found' }))
      return
    }
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const target = request.headers['x-amz-target']
      const wire = {
        method: request.method ?? '',
        target: typeof target === 'string' ? target : undefined,
        contentType: request.headers['content-type'],
        body: Buffer.concat(parts),
        principal: principalOf(ACCOUNT),
        origin: ORIGIN,
        region: REGION,
        requestId: 'r',
      }
      const call = (Object.keys(ROTATION_PATHS) as RotationCall[]).find((each) => ROTATION_PATHS[each] === request.url)
      void (call === undefined ? api(wire) : answerRotationCall({ services }, call, wire)).then(
        ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lambda,
    breakFor: (calls) => void (toBreak = calls),
    brokenOff: () => broken,
    settled: async () => {
      await Promise.all(walks)
    },
    close: async () => {
      await Promise.all(walks)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
