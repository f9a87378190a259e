/**
 * An embedded Coffer behind a {@link SigningServer}: a whole API whose only way in is a signature for `execute-api` and a stage. Requests are signed anew on
 * the way, which is what the recipe with a proxy does.
 * @module
 */
import { readServeConfig } from '../../../local/config.ts'
import { startCoffer } from '../../../local/start.ts'
import { MemoryOutput } from '../../local/support/memory-output.ts'
import { ADMIN, callSigned } from '../../local/support/running-server.ts'
import { SigningServer, type Answer, type Seen, type SigningServerOptions } from './signing-server.ts'

export interface Behind {
  readonly gateway: SigningServer
  readonly stop: () => Promise<void>
}

/** @param intercept answers in place of Coffer, where it does */
export async function startBehindGateway(
  dataDir: string,
  options: Omit<SigningServerOptions, 'answer'>,
  intercept: (seen: Seen) => Answer | undefined = () => undefined,
): Promise<Behind> {
  const coffer = await startCoffer({
    config: readServeConfig({ port: '0', logFormat: 'json', dataDir, keyMode: 'shared' }, {}),
    secrets: { adminKey: ADMIN },
    output: new MemoryOutput(),
  })
  const { region = 'eu-central-1' } = options
  const answer = async (seen: Seen): Promise<Answer> => intercept(seen) ?? forward(coffer.url, region, seen)
  const gateway = await SigningServer.start({ ...options, answer })
  return {
    gateway,
    stop: async () => {
      await gateway.stop()
      await coffer.close()
    },
  }
}

async function forward(url: string, region: string, { target, body }: Seen): Promise<Answer> {
  const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' }
  const response = await callSigned(url, { region, headers, body })
  const code = response.headers.get('x-amzn-errortype')
  return {
    status: response.status,
    headers: code === null ? {} : { 'x-amzn-errortype': code },
    body: await response.text(),
  }
}
