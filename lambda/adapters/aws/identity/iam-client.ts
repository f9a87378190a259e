/**
 * The client of IAM: only the identity function's bundle has a place for it. Nobody waits behind it but the next snapshot, so it is patient, and slows down by itself when IAM throttles.
 * @module
 */
import { IAMClient, type IAMClientConfig } from '@aws-sdk/client-iam'

/** A page of a large account can take several seconds. */
const REQUEST_TIMEOUT_MS = 20_000
const CONNECTION_TIMEOUT_MS = 2_000
const ATTEMPTS = 6

/** @param overrides an emulator's endpoint and credentials */
export const iamClient = (overrides: IAMClientConfig = {}): IAMClient =>
  new IAMClient({
    maxAttempts: ATTEMPTS,
    retryMode: 'adaptive',
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
    ...overrides,
  })
