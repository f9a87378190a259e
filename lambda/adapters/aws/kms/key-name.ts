/**
 * Which key a KeyId names. Read here before KMS sees it: our role must never be tried on a key of another account (design 5, no confused deputy).
 * @module
 */
import type { KeyFailure } from '../../../core/ports/key-service.ts'
import type { KeyPlace } from '../shared-key-registry.ts'
import { failed } from './kms-failures.ts'

const ARN = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):(\d{12}):(?:key|alias)\/[A-Za-z0-9/_-]+$/
/** Longest piece of a caller's own text that an error repeats. */
const ECHO_LIMIT = 256

/**
 * The KeyId to send: key ids and alias names are looked up by KMS in the account of our credentials and the Region of our client, so they are only sent for
 * a scope that is just that.
 * @throws {KeyFailure} denied for another account, NotFoundException for another Region, in KMS's words
 */
export function keyIdFor(keyId: string, scope: KeyPlace, home: KeyPlace): string {
  checkScope(scope, home)
  // Without a colon it is no ARN, so whatever it is, it can't name another account.
  if (!keyId.includes(':')) return keyId
  const [, region, account] = ARN.exec(keyId) ?? []
  if (region === undefined)
    throw failed('unusable', 'InvalidArnException', `Invalid arn ${keyId.slice(0, ECHO_LIMIT).toWellFormed()}`)
  if (account !== home.account) throw failed('denied', 'AccessDeniedException', `Access to ${keyId} is not allowed.`)
  if (region !== home.region) throw elsewhere(region)
  return keyId
}

/** @throws {KeyFailure} when keys are to be looked up where this deployment has no business */
export function checkScope(scope: KeyPlace, home: KeyPlace): void {
  if (scope.account !== home.account)
    throw failed('denied', 'AccessDeniedException', `Keys of account ${scope.account} are not used here.`)
  if (scope.region !== home.region) throw elsewhere(scope.region)
}

/** Whether it is the ARN of a key of this account and Region. */
export function isHomeKeyArn(keyArn: string, home: KeyPlace): boolean {
  const [, region, account] = ARN.exec(keyArn) ?? []
  return region === home.region && account === home.account && keyArn.includes(':key/')
}

/** Where a multi-Region key is; undefined for what is not the ARN of one. */
export function placeOfMultiRegionKey(keyArn: string): KeyPlace | undefined {
  const [, region, account] = ARN.exec(keyArn) ?? []
  return region !== undefined && account !== undefined && keyArn.includes(':key/mrk-') ? { account, region } : undefined
}

/** The ARN that a related multi-Region key has in another Region: it has the same key id. */
export const inRegion = (keyArn: string, region: string): string => {
  const [arn, partition, service, , ...rest] = keyArn.split(':')
  return [arn, partition, service, region, ...rest].join(':')
}

const elsewhere = (region: string): KeyFailure => failed('unusable', 'NotFoundException', `Invalid arn ${region}`)
