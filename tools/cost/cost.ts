/**
 * What a deployment costs, computed from counted calls and list prices.
 * @module
 */
import type { KeyMode } from '../../lambda/core/ports/key-service.ts'
import { changeUnits, countedCalls } from './counted-calls.ts'
import { prices } from './prices.ts'

/** What cannot be counted on the desk. */
export const assumptions = {
  /** Billed time of a warm GetSecretValue: two requests within the Region and a millisecond of work. */
  billedMilliseconds: 15,
  memoryGigabytes: 1,
  /** The function's line and API Gateway's, in bytes as they are ingested. */
  logBytes: 1_100,
  /** A secret's items: head, one former version, access record, and the copies in the indexes. */
  storedBytes: 8_000,
  /** Of the function that keeps the snapshot of identities: once a minute, of an account with some hundred roles. */
  snapshotMilliseconds: 2_000,
  snapshotGigabytes: 1,
  /** The marker and the lease of each pass; identities are written when they change. */
  snapshotWriteUnits: 2,
  /** Billed time of a replicator that is told of one change: mostly it finds nothing left to do. */
  replicatorMilliseconds: 50,
  replicatorGigabytes: 0.5,
} as const

const BYTES_PER_GIGABYTE = 1024 ** 3

export interface Share {
  readonly part: string
  readonly dollars: number
}

/** A million GetSecretValue calls for AWSCURRENT under the service's own key, by `POST /GetSecretValue` or by the front door. */
export function millionReads(path: 'operation' | 'front door'): readonly Share[] {
  const { kms, readUnits } = countedCalls.GetSecretValue
  const { billedMilliseconds, memoryGigabytes } = assumptions
  const routed = path === 'front door' ? invocation(ROUTER_GIGABYTES, billedMilliseconds) : 0
  return [
    share('API Gateway', prices.apiGateway.request),
    share('KMS', kms * prices.kms.request),
    share('Lambda', invocation(memoryGigabytes, billedMilliseconds) + routed),
    share('DynamoDB', readUnits * prices.dynamoDb.readUnit),
    share('Logs', logLine()),
  ]
}

/**
 * A million PutSecretValue calls with 1 KB each, and their copies in other Regions.
 * @param place.regions all of the deployment: each write is charged in every one of them
 */
export function millionChanges({ regions, replicas }: { regions: number; replicas: number }): readonly Share[] {
  const { billedMilliseconds, memoryGigabytes, replicatorMilliseconds, replicatorGigabytes } = assumptions
  const { put, copy, replicatorReadUnits } = changeUnits
  // The primary's head, and of each copy its head and its link, are told to all that have a part in it; none shares a batch with another here.
  const runs = replicas === 0 ? 0 : (1 + 2 * replicas) * (1 + replicas)
  const writeUnits = regions * (put.writeUnits + replicas * copy.writeUnits)
  const readUnits = 1 + runs * replicatorReadUnits
  return [
    share('API Gateway', prices.apiGateway.request),
    share('KMS', (put.kms + replicas * copy.kms) * prices.kms.request),
    share(
      'Lambda',
      invocation(memoryGigabytes, billedMilliseconds) + runs * invocation(replicatorGigabytes, replicatorMilliseconds),
    ),
    share('DynamoDB', writeUnits * prices.dynamoDb.writeUnit + readUnits * prices.dynamoDb.readUnit),
    share('Logs', (1 + runs) * logLine()),
  ]
}

const ROUTER_GIGABYTES = 0.5
const MILLION = 1_000_000

const invocation = (gigabytes: number, milliseconds: number): number =>
  prices.lambda.request + gigabytes * (milliseconds / 1000) * prices.lambda.gigabyteSecond

const logLine = (): number => (assumptions.logBytes / BYTES_PER_GIGABYTE) * prices.logs.gigabyte

const share = (part: string, each: number): Share => ({ part, dollars: each * MILLION })

export const sum = (shares: readonly Share[]): number => shares.reduce((total, { dollars }) => total + dollars, 0)

/** One secret for a month, nobody asking for it. @param replicas Regions beside the primary */
export function secretMonth(keyMode: KeyMode, replicas: number): readonly Share[] {
  const regions = 1 + replicas
  const stored = (assumptions.storedBytes / BYTES_PER_GIGABYTE) * regions
  return [
    { part: 'KMS key', dollars: keyMode === 'per-secret' ? regions * prices.kms.keyMonth : 0 },
    {
      part: 'Table and recovery',
      dollars: stored * (prices.dynamoDb.gigabyteMonth + prices.dynamoDb.recoveryGigabyteMonth),
    },
  ]
}

/** Metrics that the alarms of a Region look at; the stack's tests count them. */
export const ALARM_METRICS = 28

const PASSES_PER_MONTH = 30.4 * 24 * 60

/** The snapshot of identities in one Region, whose items are copied to all. */
function snapshotMonth(regions: number): number {
  const { snapshotMilliseconds, snapshotGigabytes, snapshotWriteUnits } = assumptions
  const run = prices.lambda.request + snapshotGigabytes * (snapshotMilliseconds / 1000) * prices.lambda.gigabyteSecond
  return PASSES_PER_MONTH * (run + snapshotWriteUnits * regions * prices.dynamoDb.writeUnit)
}

/** A month of a deployment without any secret. */
export const fixedMonth = (regions: number): number =>
  regions * (ALARM_METRICS * prices.cloudWatch.alarmMetricMonth + snapshotMonth(regions)) +
  prices.cloudWatch.dashboardMonth

/** What AWS Secrets Manager asks for the same: a replica is billed as a secret of its own. */
export const theirs = {
  millionReads: MILLION * prices.secretsManager.request,
  secretMonth: (replicas: number): number => (1 + replicas) * prices.secretsManager.secretMonth,
}

/**
 * Secrets from which the deployment is cheaper than AWS Secrets Manager in a month, at a number of reads per secret.
 * @returns undefined when it never is
 */
export function cheaperFrom(keyMode: KeyMode, readsPerSecret: number, fixedDollars: number): number | undefined {
  const ours = sum(secretMonth(keyMode, 0)) + (readsPerSecret * sum(millionReads('operation'))) / MILLION
  const other = theirs.secretMonth(0) + (readsPerSecret * theirs.millionReads) / MILLION
  return ours < other ? Math.ceil(fixedDollars / (other - ours)) : undefined
}
