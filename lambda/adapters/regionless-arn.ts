/**
 * One secret in all Regions: its copies have its ARN but for the Region (behaviour section 9).
 * @module
 */

/**
 * The ARN with `*` for its Region, which policies take for any. Nothing else in it is a wildcard or a policy variable: names have letters, digits and `-/_+=.@!` only, accounts and suffixes less
 * (SM-NAME-01).
 */
export const regionlessArn = (secretArn: string): string =>
  secretArn.replace(/^(arn:[^:]+:secretsmanager:)[^:]+(?=:)/, '$1*')

/** Whether two ARNs are of a secret and its copy, of two copies, or the same. */
export const isSameSecret = (a: string | undefined, b: string): boolean =>
  a !== undefined && regionlessArn(a) === regionlessArn(b)
