/**
 * What `coffer serve` says to people when it is up.
 * @module
 */
import type { Admin } from './identities/admin.ts'

export interface Welcome {
  readonly url: string
  readonly region: string
  readonly admin: Admin
  /** The secret was chosen in the environment: it is not repeated. */
  readonly isChosen: boolean
  readonly dataDir: string
}

/** First start: lines to paste into another shell. */
export function firstWelcome({ url, region, admin, isChosen, dataDir }: Welcome): string {
  const secret = isChosen ? '"$COFFER_ADMIN_SECRET_ACCESS_KEY"' : admin.secretAccessKey
  return [
    '',
    `Coffer keeps its data in ${dataDir}. Account ${admin.account}, admin access key ${admin.accessKeyId}.`,
    'Paste this into another shell:',
    '',
    `export AWS_ENDPOINT_URL=${url}`,
    `export AWS_ACCESS_KEY_ID=${admin.accessKeyId}`,
    `export AWS_SECRET_ACCESS_KEY=${secret}`,
    `export AWS_DEFAULT_REGION=${region}`,
    'unset AWS_SESSION_TOKEN AWS_PROFILE',
    `aws secretsmanager create-secret --name my-first-secret --secret-string '{"user":"me","password":"correct horse"}'`,
    '',
  ].join('\n')
}

/** Later starts do not show the secret again. */
export function laterWelcome({ url, admin, dataDir }: Welcome): string {
  return (
    `Coffer at ${url}, data in ${dataDir}. Account ${admin.account}, admin access key ${admin.accessKeyId}; ` +
    'while Coffer is stopped, `npm run coffer -- admin-key` shows its secret, and with --new makes another.'
  )
}
