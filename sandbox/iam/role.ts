/**
 * The synthesised roles: what each is allowed, from its inline policies and the AWS::IAM::Policy resources that are attached to it.
 * @module
 */
import { isObject, objectOf, oneOrMany, optionalText, SandboxProblem, textOf } from '../json.ts'
import { parsePolicy, type Statement } from '../policy/statement.ts'
import type { Resource } from '../template/assembly.ts'
import type { Resolver } from '../template/resolver.ts'

export interface Role {
  readonly logicalId: string
  /** Name of the stack that it is in. */
  readonly stack: string
  readonly arn: string
  readonly name: string
  readonly id: string
  readonly account: string
  readonly statements: readonly Statement[]
  readonly trust: readonly Statement[]
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

function readRole(resolver: Resolver, resource: Resource, policies: readonly Resource[]): Role {
  const { logicalId } = resource
  const name = resolver.ref(logicalId)
  if (resolver.property(resource, 'PermissionsBoundary') !== undefined)
    throw new SandboxProblem(`${logicalId}: the sandbox does not know permissions boundaries yet`)
  let statements: readonly Statement[] | undefined
  return {
    logicalId,
    stack: resolver.stack.name,
    arn: resolver.attribute(logicalId, 'Arn'),
    name,
    id: resolver.attribute(logicalId, 'RoleId'),
    account: resolver.account,
    // A policy may name what a custom resource answers: it is read when it is first asked.
    get statements() {
      return (statements ??= statementsOf(resolver, resource, name, policies))
    },
    trust: parsePolicy(resolver.property(resource, 'AssumeRolePolicyDocument'), `${logicalId} trust policy`),
  }
}

function statementsOf(
  resolver: Resolver,
  resource: Resource,
  name: string,
  policies: readonly Resource[],
): readonly Statement[] {
  const { logicalId } = resource
  const managed = oneOrMany(resolver.property(resource, 'ManagedPolicyArns')).map((arn) =>
    managedPolicy(textOf(arn, logicalId)),
  )
  const inline = oneOrMany(resolver.property(resource, 'Policies')).flatMap((given) => {
    const { PolicyName: policyName, PolicyDocument: document } = objectOf(given, logicalId)
    return parsePolicy(document, textOf(policyName, logicalId))
  })
  const attached = policies.flatMap((policy) => {
    const roles = oneOrMany(resolver.property(policy, 'Roles'))
    if (!roles.includes(name)) return []
    const policyName = textOf(resolver.property(policy, 'PolicyName'), policy.logicalId)
    return parsePolicy(resolver.property(policy, 'PolicyDocument'), policyName)
  })
  return [...inline, ...attached, ...managed.flat()]
}

/** The one that the CDK attaches by itself; any other has to be looked up before it can be judged. */
function managedPolicy(arn: string): readonly Statement[] {
  if (!arn.endsWith(':policy/service-role/AWSLambdaBasicExecutionRole'))
    throw new SandboxProblem(`The sandbox does not know the managed policy ${arn}`)
  const actions = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents']
  const document = { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }
  return parsePolicy(document, 'AWSLambdaBasicExecutionRole')
}

/** Whether a service may take the role on. */
export const trusts = (role: Role, service: string): boolean =>
  role.trust.some(({ effect, principals }) => effect === 'Allow' && principals?.services.includes(service) === true)

/** Statements of AWS::Lambda::Permission, by the ARN of the function: who may invoke it besides those whose own policy says so. */
export function invokePermissions(resolver: Resolver): ReadonlyMap<string, readonly Statement[]> {
  const byFunction = new Map<string, Statement[]>()
  for (const resource of resolver.resources('AWS::Lambda::Permission')) {
    const properties = resolver.properties(resource)
    const { logicalId } = resource
    const target = textOf(properties.FunctionName, logicalId)
    const principal = textOf(properties.Principal, logicalId)
    const sourceArn = optionalText(properties.SourceArn, logicalId)
    const sourceAccount = optionalText(properties.SourceAccount, logicalId)
    const conditions = {
      ...(sourceArn !== undefined && { ArnLike: { 'aws:SourceArn': sourceArn } }),
      ...(sourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': sourceAccount } }),
    }
    const statement = {
      Effect: 'Allow',
      Action: textOf(properties.Action, logicalId),
      Resource: '*',
      Principal: principal.endsWith('.amazonaws.com') ? { Service: principal } : { AWS: principal },
      Condition: isObject(conditions) ? conditions : {},
    }
    const statements = byFunction.get(target) ?? []
    statements.push(...parsePolicy({ Statement: [statement] }, logicalId))
    byFunction.set(target, statements)
  }
  return byFunction
}
