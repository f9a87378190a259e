import { readServeConfig, type Flags } from '../../../local/config.ts'
import { signRequest, type SigningCredentials } from '../../../local/sigv4/sign.ts'
import { startCoffer, type RunningCoffer, type StartOptions } from '../../../local/start.ts'
import { MemoryOutput } from './memory-output.ts'
import { stubServices } from './stub-services.ts'

export const ADMIN = {
  accessKeyId: 'AKIATESTTESTTESTTEST',
  secretAccessKey: 'a test secret is here'.replaceAll(' ', '-'),
}

export interface TestServer {
  readonly coffer: RunningCoffer
  readonly output: MemoryOutput
}

export async function startForTest(
  dataDir: string,
  flags: Flags = {},
  options: Partial<Pick<StartOptions, 'compose' | 'secrets'>> = {},
): Promise<TestServer> {
  const output = new MemoryOutput()
  const coffer = await startCoffer({
    config: readServeConfig({ port: '0', logFormat: 'json', dataDir, ...flags }, {}),
    secrets: { adminKey: ADMIN },
    compose: stubServices().compose,
    ...options,
    output,
  })
  return { coffer, output }
}

export interface Call {
  readonly method?: string
  readonly path?: string
  readonly service?: string
  readonly region?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly credentials?: SigningCredentials
}

/** A signed call as a client would make it. */
export function callSigned(url: string, call: Call = {}): Promise<Response> {
  const { method = 'POST', path = '/', service = 'secretsmanager', region = 'us-east-1', body = '{}' } = call
  const given = { 'x-amz-target': 'secretsmanager.GetSecretValue', 'content-type': 'application/x-amz-json-1.1' }
  const headers = signRequest(
    {
      method,
      url: path,
      headers: { host: new URL(url).host, ...(call.headers ?? given) },
      body: method === 'GET' ? '' : body,
    },
    call.credentials ?? ADMIN,
    { region, service, time: Date.now() },
  )
  return fetch(`${url}${path}`, { method, headers, ...(method === 'GET' ? {} : { body }) })
}
