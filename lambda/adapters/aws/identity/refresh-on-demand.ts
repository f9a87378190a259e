/**
 * Asks the identity function for a new snapshot, now, because of a principal that is not in the present one. One signed request by itself: Lambda's client would be a sixth of the bundle of every
 * operation, for a call that is hardly ever made.
 * @module
 */
import { createHash, createHmac } from 'node:crypto'
import { fromEnv } from '@aws-sdk/credential-provider-env'
import { SignatureV4 } from '@smithy/signature-v4'
import { partitionOf } from '../../../core/domain/names.ts'

export interface RefreshOptions {
  readonly region: string
  readonly functionName: string
  /** By default Lambda's own in the Region: an emulator's, as the SDK would be told. */
  readonly endpoint?: string | undefined
}

/** @returns a function that throws when there was no new snapshot, or none yet */
export function refreshOnDemand({
  region,
  functionName,
  endpoint,
}: RefreshOptions): (uniqueId: string) => Promise<void> {
  const url = new URL(`/2015-03-31/functions/${functionName}/invocations`, endpoint ?? lambdaEndpoint(region))
  const signer = new SignatureV4({ service: 'lambda', region, credentials: fromEnv(), sha256: Sha256 })
  return async (uniqueId) => {
    const request = {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { host: url.host, 'content-type': 'application/json' },
      body: JSON.stringify({ task: 'refresh', uniqueId }),
    }
    const { headers } = await signer.sign(request)
    const { method, body } = request
    const answer = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
    // What a function that failed says is in its own log.
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`${functionName} could not be invoked: ${answer.status}`)
    if (answer.headers.has('x-amz-function-error')) throw new Error(`${functionName} failed`)
  }
}

/** The request of whoever waits for it has a good quarter of a minute left. A longer pass goes on by itself. */
const ANSWER_TIMEOUT_MS = 10_000

/** Domains of the partitions (AWS general reference, "Amazon Resource Names"; the SDK's list of partitions). */
const DOMAINS: Readonly<Record<string, string>> = {
  'aws-cn': 'amazonaws.com.cn',
  'aws-eusc': 'amazonaws.eu',
  'aws-iso': 'c2s.ic.gov',
  'aws-iso-b': 'sc2s.sgov.gov',
  'aws-iso-e': 'cloud.adc-e.uk',
  'aws-iso-f': 'csp.hci.ic.gov',
}

export const lambdaEndpoint = (region: string): string =>
  `https://lambda.${region}.${DOMAINS[partitionOf(region)] ?? 'amazonaws.com'}`

type SourceData = string | ArrayBuffer | ArrayBufferView

/** As the signer wants it: with a secret, an HMAC. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>

  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: SourceData): void {
    this.#hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}

function bytesOf(data: SourceData): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data, 'utf8')
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
