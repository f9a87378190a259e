/**
 * The layer that lets stock boto3 sign as API Gateway wants it: botocore's extras, under /opt. A rotation function adds the layer and sets `AWS_DATA_PATH=/opt/botocore-extras`
 * (docs/deploy.md).
 * @module
 */
import { Code, LayerVersion } from 'aws-cdk-lib/aws-lambda'
import { CfnOutput } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { RegionalDeployment } from '../deployment.ts'

export class BotocoreLayer extends Construct {
  constructor(scope: Construct, id: string, { deployment }: { readonly deployment: RegionalDeployment }) {
    super(scope, id)
    const layer = new LayerVersion(this, 'Layer', {
      layerVersionName: deployment.names.layer,
      description: "botocore extras that sign Secrets Manager's calls for API Gateway",
      code: Code.fromAsset(deployment.bundles.layer),
    })
    new CfnOutput(this, 'Output', {
      key: 'CofferBotocoreLayer',
      description: 'Layer for Python functions; set AWS_DATA_PATH=/opt/botocore-extras',
      value: layer.layerVersionArn,
    })
  }
}
