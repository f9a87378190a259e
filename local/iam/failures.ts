/**
 * The errors of IAM, in its words: one maker for each.
 * @module
 */
import { QueryError } from '../query/query-error.ts'

const capital = (kind: string): string => kind.charAt(0).toUpperCase() + kind.slice(1)

export type NamedKind = 'user' | 'group' | 'role'

// NoSuchEntity

const missing = (message: string): QueryError => new QueryError('NoSuchEntity', message)
export const noSuch = (kind: NamedKind, name: string): QueryError =>
  missing(`The ${kind} with name ${name} cannot be found.`)
export const noSuchInlinePolicy = (kind: NamedKind, policyName: string): QueryError =>
  missing(`The ${kind} policy with name ${policyName} cannot be found.`)
export const noSuchPolicy = (arn: string): QueryError => missing(`Policy ${arn} was not found.`)
export const notAttachable = (arn: string): QueryError => missing(`Policy ${arn} does not exist or is not attachable.`)
export const notAttached = (arn: string): QueryError => missing(`Policy ${arn} was not found.`)
export const noSuchVersion = (arn: string, versionId: string): QueryError =>
  missing(`Policy ${arn} version ${versionId} does not exist or is not attachable.`)
export const noSuchAccessKey = (id: string): QueryError => missing(`The Access Key with id ${id} cannot be found.`)
export const noLoginProfile = (user: string): QueryError => missing(`Login Profile for User ${user} cannot be found.`)
export const noSuchDevice = (serialNumber: string): QueryError =>
  missing(`VirtualMFADevice with serial number ${serialNumber} does not exist.`)
export const deviceNotEnabled = (user: string): QueryError => missing(`MFA Device invalid for user ${user}.`)

// EntityAlreadyExists

const existing = (message: string): QueryError => new QueryError('EntityAlreadyExists', message)
export const alreadyThere = (kind: NamedKind, name: string): QueryError =>
  existing(`${capital(kind)} with name ${name} already exists.`)
export const policyAlreadyThere = (name: string): QueryError =>
  existing(`A policy called ${name} already exists. Duplicate names are not allowed.`)
export const loginProfileAlreadyThere = (user: string): QueryError =>
  existing(`Login Profile for user ${user} already exists.`)
export const deviceAlreadyThere = (): QueryError =>
  existing('MFADevice entity at the same path and name already exists.')
export const deviceInUse = (): QueryError => existing('MFA Device is already in use.')

// DeleteConflict

export const deleteFirst = (what: string): QueryError =>
  new QueryError('DeleteConflict', `Cannot delete entity, must ${what} first.`)
export const policyInUse = (): QueryError =>
  new QueryError('DeleteConflict', 'Cannot delete a policy attached to entities.')
export const policyHasVersions = (): QueryError =>
  new QueryError(
    'DeleteConflict',
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
  )
export const versionIsDefault = (): QueryError =>
  new QueryError('DeleteConflict', 'Cannot delete the default version of a policy.')
export const deviceIsEnabled = (): QueryError =>
  new QueryError('DeleteConflict', 'MFA VirtualDevice is in use. Must deactivate first.')

// LimitExceeded

const tooMany = (message: string): QueryError => new QueryError('LimitExceeded', message)
export const quotaExceeded = (quota: string, limit: number): QueryError =>
  tooMany(`Cannot exceed quota for ${quota}: ${limit}`)
export const inlineTooLarge = (kind: NamedKind, name: string, limit: number): QueryError =>
  tooMany(`Maximum policy size of ${limit} bytes exceeded for ${kind} ${name}`)
export const tooManyVersions = (limit: number): QueryError =>
  tooMany(
    `A managed policy can have up to ${limit} versions. Before you create a new version, you must delete an existing version.`,
  )

// The rest

export const malformedPolicy = (problem: string): QueryError => new QueryError('MalformedPolicyDocument', problem)
export const invalidInput = (message: string): QueryError => new QueryError('InvalidInput', message)
export const validation = (message: string): QueryError => new QueryError('ValidationError', message)
export const wrongCode = (): QueryError =>
  new QueryError('InvalidAuthenticationCode', 'Authentication code for device is not valid.')
export const throttledCode = (): QueryError =>
  new QueryError(
    'InvalidAuthenticationCode',
    'Too many wrong authentication codes were tried for this user. Wait, and try again.',
  )
export const throttledPassword = (): QueryError =>
  new QueryError('Throttling', 'Too many wrong passwords were tried for this user. Wait, and try again.')
export const tooManyPasswords = (): QueryError =>
  new QueryError('Throttling', 'Too many passwords are being set or checked. Wait, and try again.')
export const changedMeanwhile = (): QueryError =>
  new QueryError('ConcurrentModification', 'Another request has changed what this one is about. Try again.')
export const invalidPrincipal = (name: string): QueryError =>
  malformedPolicy(`Invalid principal in policy: "AWS":${JSON.stringify(name)}`)
export const mustNameUser = (): QueryError => validation('Must specify userName when calling with non-User credentials')
export const passwordRefused = (problem: string): QueryError => new QueryError('PasswordPolicyViolation', `${problem}.`)
export const awsOwned = (arn: string): QueryError =>
  new QueryError('AccessDenied', `Policy ${arn} belongs to AWS: nobody else can change it.`)
export const refusedOldPassword = (): QueryError => new QueryError('AccessDenied', 'The old password was incorrect.')
export const noSuchEntity = (message: string): QueryError => new QueryError('NoSuchEntity', message)
export const adminKey = (): QueryError =>
  new QueryError(
    'UnmodifiableEntity',
    'This access key administers Coffer: `coffer admin-key --new` replaces it while the server is down.',
  )
