/**
 * Where alarms go: a topic per Region (an alarm, its metric and its topic are in one Region), with the e-mail address of the config as its subscriber.
 * @module
 */
import { ServicePrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'
import { acknowledge } from '../nag.ts'

export class AlarmTopic extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    const { config, names, place } = deployment
    this.topic = new Topic(this, 'Topic', { topicName: names.alarmTopic, enforceSSL: true })
    // enforceSSL brings a policy, and a policy takes the place of the one that lets the account's alarms in.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': place.account } },
      }),
    )
    if (config.alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(config.alarmEmail))
    acknowledge(
      this.topic,
      'AwsSolutions-SNS2',
      'An alarm holds the name of a metric and a number. CloudWatch cannot use the key of SNS, and a key of its own would cost more than all else that runs idle.',
    )
  }
}
