/**
 * Signature Version 4 for API Gateway. A stock client signs for the service that it was generated for, and API Gateway with IAM auth takes signatures for
 * `execute-api` only.
 * @module
 */
import { SignatureV4 } from '@smithy/signature-v4'

const SIGNING_NAME = 'execute-api'

type SignRequest = (...args: Parameters<SignatureV4['sign']>) => ReturnType<SignatureV4['sign']>

/**
 * A `signerConstructor` for any stock client of the AWS SDK for JavaScript v3. The client goes on to bring credentials, Region and clock correction.
 *
 * The name is set per request, over the one that the client was made with: an endpoint rule may name another per request, too, and must not win.
 */
export class ExecuteApiSigner {
  readonly #signer: SignatureV4

  constructor(options: ConstructorParameters<typeof SignatureV4>[0]) {
    this.#signer = new SignatureV4(options)
  }

  readonly sign: SignRequest = (request, options) =>
    this.#signer.sign(request, { ...options, signingService: SIGNING_NAME })
}
