/**
 * Calls of the API, signed: what a stock client would send, made beforehand so that signing costs the load generator nothing.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { signRequest } from '../local/sigv4/sign.ts'

/** Of the servers under test alone; they listen on the loopback address for minutes. */
export const credentials = {
  accessKeyId: 'AKIABENCHBENCHBENCH0',
  secretAccessKey: randomBytes(30).toString('base64url'),
}
export const REGION = 'us-east-1'

/** Signatures are good for five minutes; a batch of them is thrown away earlier. */
export const GOOD_FOR_MS = 200_000

export interface Call {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}

/** Where a server listens, and the Region that is spoken to there. */
export interface Address {
  readonly host: string
  readonly port: number
  /** By default {@link REGION}. */
  readonly region?: string
}

export interface SignedCall {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export function signCall({ operation, input }: Call, { host, port, region = REGION }: Address): SignedCall {
  const body = JSON.stringify(input)
  const headers = signRequest(
    {
      method: 'POST',
      url: '/',
      headers: {
        host: `${host}:${port}`,
        'content-type': 'application/x-amz-json-1.1',
        'content-length': String(Buffer.byteLength(body)),
        'x-amz-target': `secretsmanager.${operation}`,
      },
      body,
    },
    credentials,
    { region, service: 'secretsmanager', time: Date.now() },
  )
  return { headers, body }
}

/** The request as it goes over the wire. */
export function rawRequest({ headers, body }: SignedCall): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST / HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}
