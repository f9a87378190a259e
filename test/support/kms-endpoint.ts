import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { KMSClient } from '@aws-sdk/client-kms'
import type { WireService } from '../../lambda/protocol/wire.ts'
import { principal } from './keyring-fixture.ts'

export interface KmsEndpoint {
  /** A stock client; the Region is read from its signature, the signature is not checked. */
  readonly client: (region: string) => KMSClient
  readonly close: () => Promise<void>
}

/** The smallest server that lets a stock SDK talk to a wire service. */
export async function kmsEndpoint(service: WireService): Promise<KmsEndpoint> {
  const server = createServer((request, response) => {
    const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? ''
    void buffer(request).then(async (body) => {
      const target = request.headers['x-amz-target']
      const answer = await service({
        method: 'POST',
        target: typeof target === 'string' ? target : undefined,
        contentType: request.headers['content-type'],
        body,
        principal,
        region,
        origin: { receivedAt: 0, isSecure: true },
        requestId: 'request',
      })
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clients: KMSClient[] = []
  return {
    client: (region) => {
      const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' }
      const client = new KMSClient({ endpoint, region, credentials, maxAttempts: 1 })
      clients.push(client)
      return client
    },
    close: async () => {
      for (const client of clients) client.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
