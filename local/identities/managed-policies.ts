/**
 * The managed policies of AWS that an embedded Coffer knows, by ARN. They are facts of AWS ("AWS managed policy reference guide"), cut to the services that are served here: what a
 * policy of AWS allows beside them has nothing to apply to.
 * @module
 */
const AWS_POLICY = 'arn:aws:iam::aws:policy/'

export interface AwsManagedPolicy {
  readonly arn: string
  readonly name: string
  /** Begins and ends with a slash. */
  readonly path: string
  readonly document: string
}

export const isAwsManaged = (arn: string): boolean => arn.startsWith(AWS_POLICY)

/** Undefined for one that is not known here: it counts as a policy that cannot be read. */
export const awsManagedPolicy = (arn: string): AwsManagedPolicy | undefined => policies.get(arn)

export const awsManagedPolicies = (): Iterable<AwsManagedPolicy> => policies.values()

const allow = (actions: readonly string[], resources: string | readonly string[] = '*'): object => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resources,
})

const statements: Readonly<Record<string, readonly object[]>> = {
  AdministratorAccess: [allow(['*'])],
  PowerUserAccess: [
    { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
    allow(['iam:CreateServiceLinkedRole', 'iam:DeleteServiceLinkedRole', 'iam:ListRoles']),
  ],
  SecretsManagerReadWrite: [
    allow([
      'secretsmanager:*',
      'kms:DescribeKey',
      'kms:ListAliases',
      'kms:ListKeys',
      'lambda:ListFunctions',
      'tag:GetResources',
    ]),
    allow(
      [
        'lambda:AddPermission',
        'lambda:CreateFunction',
        'lambda:GetFunction',
        'lambda:InvokeFunction',
        'lambda:UpdateFunctionConfiguration',
      ],
      'arn:aws:lambda:*:*:function:SecretsManager*',
    ),
  ],
  IAMFullAccess: [allow(['iam:*'])],
  IAMReadOnlyAccess: [
    allow([
      'iam:GenerateCredentialReport',
      'iam:GenerateServiceLastAccessedDetails',
      'iam:Get*',
      'iam:List*',
      'iam:SimulateCustomPolicy',
      'iam:SimulatePrincipalPolicy',
    ]),
  ],
  IAMUserChangePassword: [
    allow(['iam:ChangePassword'], 'arn:aws:iam::*:user/${aws:username}'),
    allow(['iam:GetAccountPasswordPolicy']),
  ],
  AWSKeyManagementServicePowerUser: [
    allow([
      'kms:CreateAlias',
      'kms:CreateKey',
      'kms:DeleteAlias',
      'kms:Describe*',
      'kms:GenerateRandom',
      'kms:Get*',
      'kms:List*',
      'kms:TagResource',
      'kms:UntagResource',
      'iam:ListGroups',
      'iam:ListRoles',
      'iam:ListUsers',
    ]),
  ],
  'service-role/AWSLambdaBasicExecutionRole': [
    allow(['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']),
  ],
}

const policies: ReadonlyMap<string, AwsManagedPolicy> = new Map(
  Object.entries(statements).map(([pathAndName, Statement]) => {
    const slash = pathAndName.lastIndexOf('/')
    const arn = `${AWS_POLICY}${pathAndName}`
    const document = JSON.stringify({ Version: '2012-10-17', Statement })
    return [arn, { arn, name: pathAndName.slice(slash + 1), path: `/${pathAndName.slice(0, slash + 1)}`, document }]
  }),
)
