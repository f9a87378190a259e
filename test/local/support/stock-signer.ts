import { createHash, createHmac, type Hash } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'

type HttpRequest = Exclude<Parameters<SignatureV4['presign']>[0], undefined>

/** The hash that the stock signer asks for; the canonicalisation, which is what we test against, is all its own. */
class Sha256 {
  readonly #hash: Hash | ReturnType<typeof createHmac>

  constructor(key?: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as Uint8Array)
  }

  update(data: Uint8Array | string): void {
    this.#hash.update(data)
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {
    throw new Error('not used by the signer')
  }
}

export interface StockRequest {
  readonly method: string
  readonly path: string
  readonly query?: Record<string, string | string[]>
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array
}

export interface StockScope {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly region: string
  readonly service: string
  readonly date: Date
}

/** The headers that the signer of the AWS SDK for JavaScript sends. */
export async function signWithStock(request: StockRequest, scope: StockScope): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey, sessionToken, region, service, date } = scope
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    region,
    service,
    sha256: Sha256,
    applyChecksum: true,
  })
  const unsigned: HttpRequest = {
    ...request,
    protocol: 'http:',
    hostname: request.headers.host ?? '',
    query: request.query ?? {},
  }
  const signed = await signer.sign(unsigned, { signingDate: date })
  return signed.headers
}
