/**
 * Asks for the ARN of the stream of this Region's replica while the stack is deployed. CloudFormation knows the stream of the primary's replica only, and that in another stack
 * and Region. An own function, since CDK's provider framework brings functions and managed policies that are shared by everything in a stack.
 * @module
 */
import { CustomResource } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { indexes } from '../../lambda/adapters/aws/table-schema.ts'
import type { RegionalDeployment } from '../deployment.ts'
import { grantsForStreamArn } from '../grants.ts'
import { CofferFunction } from './coffer-function.ts'

export class StreamArn extends Construct {
  readonly value: string
  readonly function: CofferFunction

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    this.function = new CofferFunction(this, 'Resolver', {
      deployment,
      entry: 'stream-arn',
      description: "Tells a deployment the ARN of the table's stream in this Region",
      // One DescribeTable and one answer.
      memoryMb: 256,
      timeoutSeconds: 30,
      grants: grantsForStreamArn(deployment.place),
    })
    const resource = new CustomResource(this, 'Stream', {
      serviceToken: this.function.function.functionArn,
      resourceType: 'Custom::CofferStreamArn',
      properties: {
        TableName: deployment.names.table,
        // CloudFormation asks again only when a property changes: when the table is made anew for another schema, its stream is another one.
        Indexes: Object.values(indexes).map(({ name }) => name),
      },
    })
    this.value = resource.getAttString('StreamArn')
  }
}
