/**
 * Calls of Coffer's own endpoints, which the service does not have.
 * @module
 */
import { signRequest } from '../local/sigv4/sign.ts'
import { credentials, REGION, type Address } from './signed-call.ts'

/** @throws when the answer is an error */
export async function callOwn({ host, port }: Address, path: string, input: object): Promise<unknown> {
  const body = JSON.stringify(input)
  const headers = signRequest(
    { method: 'POST', url: path, headers: { host: `${host}:${port}`, 'content-type': 'application/json' }, body },
    credentials,
    { region: REGION, service: 'coffer', time: Date.now() },
  )
  const answer = await fetch(`http://${host}:${port}${path}`, { method: 'POST', headers, body })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}
