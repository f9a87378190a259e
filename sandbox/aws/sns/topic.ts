/**
 * Topics of the templates, with the policies on them.
 * @module
 */
import { oneOrMany, optionalText, SandboxProblem, textOf } from '../../json.ts'
import { readPolicy, type ReadPolicy } from '../../iam/policy-document.ts'
import type { Resource } from '../../template/assembly.ts'
import type { Resolver } from '../../template/resolver.ts'

export interface Topic {
  readonly arn: string
  readonly name: string
  readonly region: string
  /** A customer's key is not played: its key's policy would have to let publishers in. */
  readonly isEncrypted: boolean
  /** Read when it is first asked. */
  readonly policy: () => ReadPolicy | undefined
}

/** @throws {SandboxProblem} */
export function readTopic(resolver: Resolver, resource: Resource): Topic {
  const { logicalId } = resource
  const arn = resolver.ref(logicalId)
  const key = optionalText(resolver.property(resource, 'KmsMasterKeyId'), `${logicalId}.KmsMasterKeyId`)
  // SNS's own key lets everybody in the account who may publish use it through SNS.
  if (key !== undefined && !key.endsWith('alias/aws/sns'))
    throw new SandboxProblem(`${logicalId}: the sandbox knows topics that are encrypted with alias/aws/sns, not ${key}`)
  const policies = resolver
    .resources('AWS::SNS::TopicPolicy')
    .filter((policy) => oneOrMany(resolver.property(policy, 'Topics')).includes(arn))
  if (policies.length > 1) throw new SandboxProblem(`${logicalId}: a topic has one policy`)
  const [attached] = policies
  let policy: ReadPolicy | undefined
  return {
    arn,
    name: textOf(resolver.attribute(logicalId, 'TopicName'), logicalId),
    region: resolver.stack.region,
    isEncrypted: key !== undefined,
    policy: () =>
      attached === undefined
        ? undefined
        : (policy ??= readPolicy(
            resolver.property(attached, 'PolicyDocument'),
            `the policy of topic ${arn}`,
            'resource',
          )),
  }
}
