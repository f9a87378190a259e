/**
 * Where events about rotations go: a topic per Region, with the e-mail address of the config as its subscriber. Messages hold names, ids and reasons, never a value.
 * @module
 */
import { Alias } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { CfnOutput } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'

/** The account's own key of SNS: it costs nothing by the month, and lets in whoever may publish. No service of AWS publishes here, which would be shut out by it. */
const SNS_KEY = 'alias/aws/sns'

export class EventTopic extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    const { config, names } = deployment
    this.topic = new Topic(this, 'Topic', {
      topicName: names.eventTopic,
      masterKey: Alias.fromAliasName(this, 'Key', SNS_KEY),
      enforceSSL: true,
    })
    if (config.eventEmail !== undefined) this.topic.addSubscription(new EmailSubscription(config.eventEmail))
    new CfnOutput(this, 'Output', {
      key: 'CofferEventTopic',
      description: 'Topic of events about rotations',
      value: this.topic.topicArn,
    })
  }
}
