/**
 * The IAM path of a deployment's roles: the stacks make the roles there, and the policies of service-made keys let in who is below it. A prefix of names alone would
 * let `coffer` into the keys of `coffer-prod`.
 * @module
 */
export const rolePath = (deployment: string): `/coffer/${string}/` => `/coffer/${deployment}/`
