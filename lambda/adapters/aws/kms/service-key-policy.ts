/**
 * The key policy of a key that the service made. It names no role: KMS stores a role as its unique id, so a role that is replaced under the same name would lock
 * out every key (design 4). Both statements delegate to the account, which means that IAM policies must allow as well.
 * @module
 */
import { partitionOf } from '../../../core/domain/names.ts'
import { regionlessArn } from '../../regionless-arn.ts'
import { rolePath } from '../role-path.ts'
import type { KeyPlace } from '../shared-key-registry.ts'

/**
 * To look after a key, not to use it: nothing that encrypts or decrypts, and no CreateGrant, which would hand out use. kms:PutKeyPolicy is among them: without
 * anybody who may change the policy a key would be unmanageable for ever.
 */
const ADMINISTRATION = [
  'kms:DescribeKey',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:PutKeyPolicy',
  'kms:ReplicateKey',
  'kms:RevokeGrant',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
  'kms:UpdatePrimaryRegion',
] as const

const USE = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'] as const

export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly PolicyStatement[]
}

export interface PolicyStatement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Principal: { readonly AWS: string }
  readonly Action: readonly string[]
  readonly Resource: '*'
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** A deployment's name becomes part of patterns, where `*` or a slash would let others in. */
const DEPLOYMENT = /^[A-Za-z0-9][A-Za-z0-9-]*$/

/**
 * @param request.deployment the prefix: the roles of the deployment have the IAM path `/coffer/<prefix>/`
 * @param request.secretArn the only secret of a dedicated key, by its ARN in any Region; a shared key has none
 */
export function serviceKeyPolicy(request: {
  readonly home: KeyPlace
  readonly deployment: string
  readonly secretArn?: string | undefined
}): PolicyDocument {
  const { home, deployment, secretArn } = request
  const partition = partitionOf(home.region)
  const principal = { AWS: `arn:${partition}:iam::${home.account}:root` }
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'AdministrationThroughIam',
        Effect: 'Allow',
        Principal: principal,
        Action: ADMINISTRATION,
        Resource: '*',
      },
      {
        Sid: 'UseByTheDeploymentForItsSecrets',
        Effect: 'Allow',
        Principal: principal,
        Action: USE,
        Resource: '*',
        Condition: {
          ArnLike: { 'aws:PrincipalArn': `arn:${partition}:iam::${home.account}:role${rolePath(deployment)}*` },
          ...contextCondition(partition, home, secretArn),
        },
      },
    ],
  }
}

/** @throws {TypeError} */
export function checkDeployment(deployment: string): string {
  if (!DEPLOYMENT.test(deployment))
    throw new TypeError('the name of the deployment may have letters, digits and hyphens only')
  return deployment
}

/**
 * A dedicated key serves its one secret: the account, name and suffix of its ARN word for word, the Region left open. KMS doesn't synchronise policies, but related multi-Region keys must work for two Regions' ARNs
 * alike: a copy's key opens the values that the primary's Region sealed and seals its own, and the primary's does the same once that Region has become the copy.
 *
 * The shared key serves any secret of the account, in any Region.
 *
 * The Region is not left to chance by that: a Region's operation roles are bound to keys and ARNs of their own Region by IAM (lib/grants.ts), both must allow, and only the replicator's role reaches further.
 */
function contextCondition(partition: string, { account }: KeyPlace, secretArn: string | undefined): object {
  const pattern =
    secretArn === undefined ? `arn:${partition}:secretsmanager:*:${account}:secret:*` : regionlessArn(secretArn)
  return { StringLike: { 'kms:EncryptionContext:SecretARN': pattern } }
}
