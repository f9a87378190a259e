/**
 * What the conformance suites drive: any running endpoint that claims to be AWS Secrets Manager. The same suites run, unchanged, on whatever can fill in
 * a {@link Target}.
 * @module
 */
import { randomBytes } from 'node:crypto'
import { KMS } from '@aws-sdk/client-kms'
import { SecretsManager, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import { STS } from '@aws-sdk/client-sts'

export interface Target {
  readonly endpoint: string
  /** Where KMS and STS are, if not at `endpoint`. */
  readonly kmsEndpoint?: string
  readonly stsEndpoint?: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly account: string
  readonly region: string
  /** Another Region that is served. */
  readonly otherRegion: string
  /** How the SDK's client has to be set up besides, such as another signer. */
  readonly clientOptions?: Partial<SecretsManagerClientConfig>
  /** The service name that requests below the SDK are signed for; `secretsmanager` by default. */
  readonly signingName?: string
  /** Moves the service's clock forward and resolves when what fell due has been done. */
  readonly advanceClock?: (milliseconds: number) => Promise<void>
  /** Resolves when what one Region has written is known in the others, as far as anything reaches them, and they have done what it means for them. */
  readonly settle?: () => Promise<unknown>
  /** From here on nothing that is written in a Region reaches another one, until {@link Target.heal}. */
  readonly cutOff?: () => Promise<unknown>
  readonly heal?: () => Promise<unknown>
}

/** A target and the stock clients for it, filled in when the suite starts. */
export class Bench {
  #target: Target | undefined
  readonly #clients: { destroy: () => void }[] = []

  fill(target: Target): void {
    this.#target = target
  }

  get target(): Target {
    if (this.#target === undefined) throw new Error('the target has not been started')
    return this.#target
  }

  secretsManager(region = this.target.region): SecretsManager {
    const { endpoint, credentials, clientOptions } = this.target
    return this.#kept(new SecretsManager({ endpoint, credentials, region, maxAttempts: 1, ...clientOptions }))
  }

  kms(region = this.target.region): KMS {
    const { endpoint, kmsEndpoint = endpoint, credentials } = this.target
    return this.#kept(new KMS({ endpoint: kmsEndpoint, credentials, region, maxAttempts: 1 }))
  }

  sts(): STS {
    const { endpoint, stsEndpoint = endpoint, credentials, region } = this.target
    return this.#kept(new STS({ endpoint: stsEndpoint, credentials, region, maxAttempts: 1 }))
  }

  close(): void {
    for (const client of this.#clients) client.destroy()
  }

  #kept<T extends { destroy: () => void }>(client: T): T {
    this.#clients.push(client)
    return client
  }
}

/** The suites share one account with whatever else is in it: nobody else uses such a name. */
export const uniqueName = (label = 'secret'): string => `conformance/${label}-${randomBytes(6).toString('hex')}x`

/** Every value that the suites store has this in it, so that whoever runs them can look for it where it must not be. */
export const VALUE_MARK = 'SeCrEtOfTheConformanceSuite'
export const secretValue = (label = 'value'): string => `${VALUE_MARK}-${label}-${randomBytes(6).toString('hex')}`

/** A version id: 32 to 64 characters. */
export const versionId = (label: string): string => `${label}-${randomBytes(16).toString('hex')}`.padEnd(32, '-')

/** What a client error of the service looks like in the SDK. */
export const refusal = (name: string, message?: unknown): object => ({
  name,
  $fault: 'client',
  $metadata: { httpStatusCode: 400 },
  ...(message !== undefined && { message }),
})
