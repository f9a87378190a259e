/**
 * One service of the sandbox at a URL, for stock clients: what each call takes is checked against the caller's role, as behind the proxy.
 * @module
 */
import type { AwsService } from '../../../sandbox/aws/service.ts'
import type { FunctionDefinition } from '../../../sandbox/functions/definition.ts'
import { HttpListener } from '../../../sandbox/http.ts'
import type { RoleGate } from '../../../sandbox/iam/role-gate.ts'
import { REGION } from './fixture-stack.ts'

export interface ServiceEndpoint {
  /** Options of a client. */
  readonly client: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly maxAttempts: number
  }
  readonly close: () => Promise<void>
}

export interface ServiceEndpointOptions {
  readonly service: AwsService
  readonly caller: FunctionDefinition
  readonly gate: RoleGate
}

export async function serviceEndpoint({ service, caller, gate }: ServiceEndpointOptions): Promise<ServiceEndpoint> {
  const listener = new HttpListener({
    bodyLimit: 1024 * 1024,
    onFault: (error) => process.stderr.write(`${String(error)}\n`),
    answer: async ({ message, body }, response) => {
      const { method = '', url = '', headers } = message
      const operation = service.read({ method, url, headers, body, region: REGION, caller })
      if (operation === undefined) throw new Error(`${method} ${url} is not known`)
      const refusal = operation.needs.map((need) => gate.refusalOf(caller, need)).find((text) => text !== undefined)
      const answer =
        refusal === undefined
          ? await operation.perform()
          : service.error(service.deniedStatus, 'AccessDeniedException', refusal)
      response.writeHead(answer.status, answer.headers).end(answer.body)
    },
  })
  const endpoint = await listener.listen()
  const credentials = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'any' }
  return { client: { endpoint, region: REGION, credentials, maxAttempts: 1 }, close: () => listener.close() }
}
