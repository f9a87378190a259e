/**
 * A signed request by itself, for functions behind the API that ask a service of AWS for one small thing now and then: a client of the SDK would be a sixth of their bundle.
 * @module
 */
import { createHash, createHmac } from 'node:crypto'
import { fromEnv } from '@aws-sdk/credential-provider-env'
import { SignatureV4 } from '@smithy/signature-v4'
import { partitionOf } from '../../core/domain/names.ts'

export interface SignedRequest {
  /** As signed: `lambda`. */
  readonly service: string
  readonly region: string
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly contentType?: string
  readonly body?: string
  readonly timeoutMs: number
}

/** @throws what `fetch` throws when there is no answer */
export async function sendSigned({ service, region, url, ...request }: SignedRequest): Promise<Response> {
  const { method, contentType, body, timeoutMs } = request
  const signer = new SignatureV4({ service, region, credentials: fromEnv(), sha256: Sha256 })
  const { headers } = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...(contentType !== undefined && { 'content-type': contentType }) },
    ...(body !== undefined && { body }),
  })
  return fetch(url, { method, headers, ...(body !== undefined && { body }), signal: AbortSignal.timeout(timeoutMs) })
}

/** Domains of the partitions (AWS general reference, "Amazon Resource Names"; the SDK's list of partitions). */
const DOMAINS: Readonly<Record<string, string>> = {
  'aws-cn': 'amazonaws.com.cn',
  'aws-eusc': 'amazonaws.eu',
  'aws-iso': 'c2s.ic.gov',
  'aws-iso-b': 'sc2s.sgov.gov',
  'aws-iso-e': 'cloud.adc-e.uk',
  'aws-iso-f': 'csp.hci.ic.gov',
}

/** @param service as in the name of its endpoint: `lambda`, `sns` */
export const serviceEndpoint = (service: string, region: string): string =>
  `https://${service}.${region}.${DOMAINS[partitionOf(region)] ?? 'amazonaws.com'}`

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
