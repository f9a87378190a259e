/**
 * The role that API Gateway writes all logs of an account and Region through. There is one such setting per account and Region, shared with every other API there: it is made only
 * where the config asks for it, and it stays when the stack goes, since other APIs may use it by then. It has no name of its own for that reason.
 * @module
 */
import { RemovalPolicy } from 'aws-cdk-lib'
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway'
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { acknowledge } from '../nag.ts'

export class ApiLogRole extends Construct {
  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    const role = new Role(this, 'Role', {
      path: deployment.names.rolePath,
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      description: 'API Gateway writes the logs of all APIs of this account and Region',
      inlinePolicies: {
        // Wildcard: the role is of the account, for whatever log groups its APIs name. What API Gateway asks for when the role is set
        // (the same as AWS's own policy AmazonAPIGatewayPushToCloudWatchLogs).
        logs: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: [
                'logs:CreateLogGroup',
                'logs:CreateLogStream',
                'logs:DescribeLogGroups',
                'logs:DescribeLogStreams',
                'logs:PutLogEvents',
                'logs:GetLogEvents',
                'logs:FilterLogEvents',
              ],
              resources: ['*'],
            }),
          ],
        }),
      },
    })
    role.applyRemovalPolicy(RemovalPolicy.RETAIN)
    acknowledge(
      role,
      'AwsSolutions-IAM5[Resource::*]',
      'One role serves all APIs of the account and Region, whose log groups are not known here.',
    )
    const account = new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn })
    account.applyRemovalPolicy(RemovalPolicy.RETAIN)
  }
}
