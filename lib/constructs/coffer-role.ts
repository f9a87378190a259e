/**
 * A role for a service that is not a function: under the deployment's path, with one policy, for this account's resources alone.
 * @module
 */
import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { acknowledgeWildcards } from '../nag.ts'

export interface CofferRoleProps {
  readonly deployment: RegionalDeployment
  readonly roleName: string
  readonly description: string
  /** `states.amazonaws.com` */
  readonly service: string
  /** ARN of the one thing that the service may take the role on for. */
  readonly sourceArn: string
  readonly grants: readonly PolicyStatement[]
}

export class CofferRole extends Role {
  constructor(scope: Construct, id: string, { deployment, grants, ...props }: CofferRoleProps) {
    super(scope, id, {
      roleName: props.roleName,
      path: deployment.names.rolePath,
      description: props.description,
      assumedBy: new ServicePrincipal(props.service, {
        conditions: {
          StringEquals: { 'aws:SourceAccount': deployment.place.account },
          ArnLike: { 'aws:SourceArn': props.sourceArn },
        },
      }),
      inlinePolicies: { access: new PolicyDocument({ statements: [...grants] }) },
    })
    acknowledgeWildcards(this, grants)
  }
}
