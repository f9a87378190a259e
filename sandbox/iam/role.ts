/**
 * The synthesised roles: what each is allowed, from its inline policies and the AWS::IAM::Policy resources that are attached to it.
 * @module
 */
import type { Identity } from '../../lambda/auth/identity.ts'
import { objectOf, oneOrMany, optionalText, SandboxProblem, textOf } from '../json.ts'
import type { Resource } from '../template/assembly.ts'
import type { Resolver } from '../template/resolver.ts'
import { readPolicy, type ReadPolicy } from './policy-document.ts'
import { mayAct, serviceAccessIn, type ServiceAccess } from './service-access.ts'

export interface Role {
  readonly logicalId: string
  /** Name of the stack that it is in. */
  readonly stack: string
  readonly arn: string
  readonly name: string
  readonly id: string
  readonly account: string
  readonly policies: readonly ReadPolicy[]
  readonly trust: readonly ServiceAccess[]
  /** JSON. */
  readonly trustPolicy: string
}

/** Of one stack, by ARN. */
export function rolesOf(resolver: Resolver): ReadonlyMap<string, Role> {
  const policies = resolver.resources('AWS::IAM::Policy')
  return new Map(
    resolver.resources('AWS::IAM::Role').map((resource) => {
      const role = readRole(resolver, resource, policies)
      return [role.arn, role]
    }),
  )
}

function readRole(resolver: Resolver, resource: Resource, attachable: readonly Resource[]): Role {
  const { logicalId } = resource
  const name = resolver.ref(logicalId)
  if (resolver.property(resource, 'PermissionsBoundary') !== undefined)
    throw new SandboxProblem(`${logicalId}: the sandbox does not know permissions boundaries of functions yet`)
  const trust = resolver.property(resource, 'AssumeRolePolicyDocument')
  let policies: readonly ReadPolicy[] | undefined
  return {
    logicalId,
    stack: resolver.stack.name,
    arn: resolver.attribute(logicalId, 'Arn'),
    name,
    id: resolver.attribute(logicalId, 'RoleId'),
    account: resolver.account,
    // A policy may name what a custom resource answers: it is read when it is first asked.
    get policies() {
      return (policies ??= policiesOf(resolver, resource, name, attachable))
    },
    trust: serviceAccessIn(trust, `${logicalId} trust policy`),
    trustPolicy: readPolicy(trust, `${logicalId} trust policy`, 'trust').text,
  }
}

function policiesOf(
  resolver: Resolver,
  resource: Resource,
  name: string,
  attachable: readonly Resource[],
): readonly ReadPolicy[] {
  const { logicalId } = resource
  const managed = oneOrMany(resolver.property(resource, 'ManagedPolicyArns')).map((arn) =>
    managedPolicy(textOf(arn, logicalId)),
  )
  const inline = oneOrMany(resolver.property(resource, 'Policies')).map((given) => {
    const { PolicyName: policyName, PolicyDocument: document } = objectOf(given, logicalId)
    return readPolicy(document, textOf(policyName, logicalId), 'identity')
  })
  const attached = attachable.flatMap((policy) => {
    const roles = oneOrMany(resolver.property(policy, 'Roles'))
    if (!roles.includes(name)) return []
    const policyName = textOf(resolver.property(policy, 'PolicyName'), policy.logicalId)
    return [readPolicy(resolver.property(policy, 'PolicyDocument'), policyName, 'identity')]
  })
  return [...inline, ...attached, ...managed]
}

/** The one that the CDK attaches by itself; any other has to be looked up before it can be judged. */
function managedPolicy(arn: string): ReadPolicy {
  if (!arn.endsWith(':policy/service-role/AWSLambdaBasicExecutionRole'))
    throw new SandboxProblem(`The sandbox does not know the managed policy ${arn}`)
  const actions = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }
  return readPolicy(document, 'AWSLambdaBasicExecutionRole', 'identity')
}

/** As the engine takes it. Roles of functions have no tags. */
export const identityOf = ({ arn, id, policies }: Role): Identity => ({
  arn,
  uniqueId: id,
  policies,
  tags: [],
  areTagsCertain: true,
})

/** Whether a service may take the role on. @param context for whom: aws:SourceArn and aws:SourceAccount */
export const trusts = (
  { trust, arn, account }: Role,
  service: string,
  context: Readonly<Record<string, string>> = {},
): boolean => mayAct(trust, { service, action: 'sts:AssumeRole', resource: arn, account, context })

/** What AWS::Lambda::Permission gives, by the function that it names: which services may invoke it. */
export function invokePermissions(resolver: Resolver): ReadonlyMap<string, readonly ServiceAccess[]> {
  const byFunction = new Map<string, ServiceAccess[]>()
  for (const resource of resolver.resources('AWS::Lambda::Permission')) {
    const properties = resolver.properties(resource)
    const { logicalId } = resource
    const target = textOf(properties.FunctionName, logicalId)
    const sourceArn = optionalText(properties.SourceArn, logicalId)
    const sourceAccount = optionalText(properties.SourceAccount, logicalId)
    const statement = {
      Effect: 'Allow',
      Action: textOf(properties.Action, logicalId),
      Principal: { Service: textOf(properties.Principal, logicalId) },
      Condition: {
        ...(sourceArn !== undefined && { ArnLike: { 'aws:SourceArn': sourceArn } }),
        ...(sourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': sourceAccount } }),
      },
    }
    const document = { Version: '2012-10-17', Statement: [statement] }
    byFunction.set(target, [...(byFunction.get(target) ?? []), ...serviceAccessIn(document, logicalId)])
  }
  return byFunction
}
