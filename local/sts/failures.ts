/**
 * The errors of STS, in its words.
 * @module
 */
import { QueryError } from '../query/query-error.ts'

const denied = (message: string, reason?: string): QueryError => new QueryError('AccessDenied', message, reason)
export const notAuthorized = (
  { principal, action, resource }: { readonly principal: string; readonly action: string; readonly resource: string },
  reason: string,
): QueryError => denied(`User: ${principal} is not authorized to perform: ${action} on resource: ${resource}`, reason)
export const noRoleForRoot = (): QueryError => denied('Roles may not be assumed by root accounts.')
export const noSessionCredentials = (operation: string): QueryError =>
  denied(`Cannot call ${operation} with session credentials`)
export const usersOnly = (operation: string): QueryError => denied(`Only users with access keys can call ${operation}.`)
export const wrongCode = (): QueryError =>
  denied('MultiFactorAuthentication failed with invalid MFA one time pass code. ')
export const wrongDevice = (): QueryError =>
  denied(
    'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
  )
export const throttledCode = (): QueryError =>
  denied('MultiFactorAuthentication failed, too many wrong codes were tried. Wait, and try again.')
export const bothOfMfa = (): QueryError =>
  denied('MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.')

export const validation = (message: string): QueryError => new QueryError('ValidationError', message)
export const invalidParameter = (message: string): QueryError => new QueryError('InvalidParameterValue', message)
export const malformedPolicy = (problem: string): QueryError => new QueryError('MalformedPolicyDocument', problem)
export const packedTooLarge = (percent: number): QueryError =>
  new QueryError(
    'PackedPolicyTooLarge',
    `Packed size of session policies and tags consumes ${percent}% of allotted space.`,
  )
