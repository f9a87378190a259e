/**
 * A log group with an end to its lines, and with the config's word on what happens to it when the stack goes.
 * @module
 */
import { RemovalPolicy } from 'aws-cdk-lib'
import { LogGroup, type CfnLogGroup } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { CofferConfig } from '../config.ts'

export interface KeptLogProps {
  readonly config: CofferConfig
  readonly name: string
}

export class KeptLog extends LogGroup {
  constructor(scope: Construct, id: string, { config, name }: KeptLogProps) {
    super(scope, id, {
      logGroupName: name,
      // Logs stay, for they tell who read which secret; but not those of a first deployment that failed, which the second attempt would stumble over.
      removalPolicy:
        config.removalPolicy === 'retain' ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    })
    // A number, as in the config, which knows the ones that CloudWatch takes; CDK has names for them.
    const resource = this.node.defaultChild as CfnLogGroup
    resource.retentionInDays = config.logRetentionDays
  }
}
