/**
 * Stock clients of the AWS SDK for JavaScript v3 for a deployed Coffer: as they come, but for the signing name and the request path.
 * @module
 */
import { SecretsManager, SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import { EndpointProblem, parseEndpoint, regionFor } from './endpoint.ts'
import { ExecuteApiSigner } from './execute-api-signer.ts'
import { useOperationPaths } from './operation-path.ts'

/** Everything that the stock client takes, except for what makes it sign. */
export interface ClientOptions extends Omit<
  SecretsManagerClientConfig,
  'endpoint' | 'region' | 'signer' | 'signerConstructor'
> {
  /** The URL of the API with its stage or base path, such as `https://abc123.execute-api.eu-central-1.amazonaws.com/v1`. */
  readonly endpoint: string
  /**
   * The Region of the API. By default the one in a standard host name of API Gateway, else the environment's AWS_REGION: a custom domain does not tell.
   */
  readonly region?: string | (() => Promise<string>)
  /**
   * `operation` (the default) calls `POST /{Operation}`: one function per call. `root` calls `POST /`, which every place that speaks the API offers and which
   * costs one function more on AWS.
   */
  readonly paths?: 'operation' | 'root'
}

/**
 * A stock `SecretsManagerClient` for a deployed Coffer. Credentials, their renewal, retries, paginators and errors are the SDK's own.
 * @throws {EndpointProblem} when the URL cannot be used, or when there is no Region or another than the URL's
 */
export function createSecretsManagerClient(options: ClientOptions): SecretsManagerClient {
  return prepared(new SecretsManagerClient(stockConfig(options)), options)
}

/**
 * The same with one method per operation: a stock `SecretsManager`.
 * @throws {EndpointProblem} as {@link createSecretsManagerClient}
 */
export function createSecretsManager(options: ClientOptions): SecretsManager {
  return prepared(new SecretsManager(stockConfig(options)), options)
}

function stockConfig({ paths: _, endpoint: text, region, ...rest }: ClientOptions): SecretsManagerClientConfig {
  if (typeof text !== 'string' || text === '') throw new EndpointProblem('`endpoint` is missing: the URL of the API')
  const endpoint = parseEndpoint(text)
  return {
    // The environment may ask for these AWS endpoints, and the SDK then refuses any other.
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    ...rest,
    endpoint,
    region: typeof region === 'function' ? region : theRegion(endpoint, region),
    signerConstructor: ExecuteApiSigner,
  }
}

function theRegion(endpoint: string, asked: string | undefined): string {
  const region = regionFor(endpoint, asked) ?? (process.env.AWS_REGION === '' ? undefined : process.env.AWS_REGION)
  if (region === undefined)
    throw new EndpointProblem(
      `\`region\` is missing, and ${endpoint} does not tell it: give the Region of the API, or set AWS_REGION`,
    )
  return region
}

function prepared<T extends SecretsManagerClient>(client: T, { paths = 'operation' }: ClientOptions): T {
  if (paths === 'operation') useOperationPaths(client)
  return client
}
