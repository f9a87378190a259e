/**
 * List prices in US dollars, us-east-1, without free tiers and volume discounts, as published on the services' pricing pages.
 * @module
 */
export const PRICED_ON = '2026-11-24'
export const PRICED_REGION = 'us-east-1'

const MILLION = 1_000_000

export const prices = {
  /** What Coffer is compared with. */
  secretsManager: { secretMonth: 0.4, request: 0.05 / 10_000 },
  /** REST API, first 333 million requests of a month. */
  apiGateway: { request: 3.5 / MILLION },
  /** arm64. */
  lambda: { request: 0.2 / MILLION, gigabyteSecond: 0.0000133334 },
  /** On demand, standard table class. A replicated write costs as much as a write, in each Region. */
  dynamoDb: { readUnit: 0.125 / MILLION, writeUnit: 0.625 / MILLION, gigabyteMonth: 0.25, recoveryGigabyteMonth: 0.2 },
  kms: { keyMonth: 1, request: 0.03 / 10_000 },
  logs: { gigabyte: 0.5 },
  /** Each metric that an alarm looks at is paid for. */
  cloudWatch: { alarmMetricMonth: 0.1, dashboardMonth: 3 },
} as const
