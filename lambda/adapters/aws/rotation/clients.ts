/**
 * The clients of the services that start rotations: only the change feed's and the sweeper's bundles have a place for them. Nobody waits behind these; what fails is tried again by the stream, and by
 * the next sweep.
 * @module
 */
import { SchedulerClient, type SchedulerClientConfig } from '@aws-sdk/client-scheduler'
import { SFNClient, type SFNClientConfig } from '@aws-sdk/client-sfn'

const patience = {
  maxAttempts: 5,
  retryMode: 'standard' as const,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
}

/** @param overrides an emulator's endpoint and credentials */
export const schedulerClient = (overrides: SchedulerClientConfig = {}): SchedulerClient =>
  new SchedulerClient({ ...patience, ...overrides })

/** @param overrides an emulator's endpoint and credentials */
export const sfnClient = (overrides: SFNClientConfig = {}): SFNClient => new SFNClient({ ...patience, ...overrides })
