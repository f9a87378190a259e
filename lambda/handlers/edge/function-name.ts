/**
 * What the deployed functions are called: the stacks name them, and the router finds them, by this rule.
 * @module
 */

/** `GetSecretValue` -> `get-secret-value`: the name of its file under lambda/handlers, and the end of its function's name. */
export const entryOf = (operation: string): string =>
  operation.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()

/** @param deployment the prefix of all names of one deployment */
export const functionName = (deployment: string, entry: string): string => `${deployment}-${entry}`

/** The function that keeps the snapshot of identities, which operation functions ask for a new one. */
export const IDENTITY_ENTRY = 'identity'
