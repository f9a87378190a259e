/**
 * What the sandbox says when it serves.
 * @module
 */
import type { AccessKey } from '../local/identities/access-keys.ts'
import type { Sandbox } from './start.ts'

export interface Welcome {
  readonly sandbox: Pick<Sandbox, 'url' | 'adminUrl' | 'kmsUrl' | 'account' | 'regions'>
  readonly admin: AccessKey
  /** The key was chosen in the environment: its secret is not repeated. */
  readonly isChosen: boolean
}

export function welcomeText({ sandbox, admin, isChosen }: Welcome): string {
  const { url, adminUrl, kmsUrl, account, regions } = sandbox
  const [region = ''] = regions
  const secret = isChosen ? '"$COFFER_ADMIN_SECRET_ACCESS_KEY"' : admin.secretAccessKey
  return [
    '',
    `The deployment is served from its templates and bundles: account ${account}, Regions ${regions.join(', ')}.`,
    'Nothing is kept when it ends. Paste this into another shell:',
    '',
    `export AWS_ACCESS_KEY_ID=${admin.accessKeyId}`,
    `export AWS_SECRET_ACCESS_KEY=${secret}`,
    // Some programs read the one, some the other.
    `export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
    'unset AWS_SESSION_TOKEN AWS_PROFILE',
    `eval "$(npm run --silent coffer -- env --url ${url} --region ${region})"`,
    `aws secretsmanager create-secret --name my-first-secret --secret-string 'correct horse'`,
    '',
    `KMS, STS, IAM: ${kmsUrl} (such as aws kms create-key --endpoint-url ${kmsUrl})`,
    `Controls:      ${adminUrl} (such as curl ${adminUrl}/report, or curl -d '{"advance": 86400000}' ${adminUrl}/clock)`,
    '',
    `ready ${url}`,
  ].join('\n')
}

/** For programs. */
export const welcomeJson = ({ sandbox, admin, isChosen }: Welcome): string =>
  JSON.stringify({
    url: sandbox.url,
    adminUrl: sandbox.adminUrl,
    kmsUrl: sandbox.kmsUrl,
    account: sandbox.account,
    regions: sandbox.regions,
    accessKeyId: admin.accessKeyId,
    ...(!isChosen && { secretAccessKey: admin.secretAccessKey }),
  })
