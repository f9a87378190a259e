/**
 * The AWS clients of a function, with times chosen for a caller who waits behind API Gateway (29 s). Both services answer in milliseconds, so a request that has
 * said nothing for a second is on a dead socket and is made again on another.
 *
 * - connecting 0.5 s: three packets within a Region;
 * - one attempt 1 s (DynamoDB) or 2 s (KMS, where CreateKey takes its time);
 * - three attempts, with the SDK's own pauses between them (random, up to 50 and 100 ms; after throttling up to 1 and 2 s): a DynamoDB request that only times
 *   out ends after 3.2 s, a KMS request after 6.2 s.
 *
 * The longest operation asks DynamoDB five times in a row and KMS twice (UpdateSecret with another key: load, values, decrypt, encrypt, value items, head,
 * clean-up; CreateSecret: load, key, data key, value items, head): 28.4 s when each of its requests is answered at its third attempt only. The first request
 * that is not answered ends it.
 *
 * The replicator asks KMS of other Regions, and nobody waits for it: packets take up to 0.3 s there and back, and ReplicateKey works in two Regions.
 * @module
 */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms'

const CONNECTION_TIMEOUT_MS = 500
const DYNAMODB_REQUEST_TIMEOUT_MS = 1_000
const KMS_REQUEST_TIMEOUT_MS = 2_000
const FAR_CONNECTION_TIMEOUT_MS = 2_000
const FAR_KMS_REQUEST_TIMEOUT_MS = 5_000
const ATTEMPTS = 3
/** Sockets outlive a call; a page of a list asks at most a dozen things at once. */
const agent = { keepAlive: true, maxSockets: 50 }

const patience = (requestTimeout: number, connectionTimeout = CONNECTION_TIMEOUT_MS) => ({
  maxAttempts: ATTEMPTS,
  retryMode: 'standard' as const,
  requestHandler: {
    connectionTimeout,
    requestTimeout,
    // Without it a late answer is only a warning.
    throwOnRequestTimeout: true,
    httpAgent: agent,
    httpsAgent: agent,
  },
})

/** @param overrides an emulator's endpoint and credentials */
export const dynamoDbClient = (overrides: DynamoDBClientConfig = {}): DynamoDBClient =>
  new DynamoDBClient({ ...patience(DYNAMODB_REQUEST_TIMEOUT_MS), ...overrides })

/** @param overrides an emulator's endpoint and credentials */
export const kmsClient = (overrides: KMSClientConfig = {}): KMSClient =>
  new KMSClient({ ...patience(KMS_REQUEST_TIMEOUT_MS), ...overrides })

/** @param overrides as of {@link kmsClient}, for every Region @returns a client for each Region, made when it is first asked for */
export function kmsClients(overrides: Omit<KMSClientConfig, 'region'> = {}): (region: string) => KMSClient {
  const clients = new Map<string, KMSClient>()
  return (region) => {
    const known = clients.get(region)
    if (known) return known
    const far = patience(FAR_KMS_REQUEST_TIMEOUT_MS, FAR_CONNECTION_TIMEOUT_MS)
    const client = new KMSClient({ ...far, ...overrides, region })
    clients.set(region, client)
    return client
  }
}
