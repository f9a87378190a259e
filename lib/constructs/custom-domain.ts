/**
 * The API under a name of the user's: certificate, domain, mapping, and the record where the zone is given.
 * @module
 */
import { CfnOutput } from 'aws-cdk-lib'
import { EndpointType, SecurityPolicy, type RestApi } from 'aws-cdk-lib/aws-apigateway'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53'
import { ApiGatewayDomain } from 'aws-cdk-lib/aws-route53-targets'
import { Construct } from 'constructs'
import type { CofferConfig } from '../config.ts'
import type { RegionalDeployment } from '../deployment.ts'

export interface CustomDomainProps {
  readonly deployment: RegionalDeployment
  readonly domain: NonNullable<CofferConfig['customDomain']>
  readonly api: RestApi
}

export class CustomDomain extends Construct {
  constructor(scope: Construct, id: string, { deployment, domain, api }: CustomDomainProps) {
    super(scope, id)
    const { region } = deployment
    const certificateArn = domain.certificateArns[region]
    if (certificateArn === undefined) throw new Error(`there is no certificate for ${region}`)
    const domainName = domain.domainName.replace('{region}', region)
    const name = api.addDomainName('Domain', {
      domainName,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
    })
    const { hostedZone } = domain
    if (hostedZone)
      new ARecord(this, 'Record', {
        zone: HostedZone.fromHostedZoneAttributes(this, 'Zone', {
          hostedZoneId: hostedZone.id,
          zoneName: hostedZone.name,
        }),
        recordName: domainName,
        target: RecordTarget.fromAlias(new ApiGatewayDomain(name)),
      })
    new CfnOutput(this, 'Output', {
      key: 'CofferDomainEndpoint',
      description: 'Endpoint for SDKs and the CLI, by the custom domain',
      value: `https://${domainName}`,
    })
    new CfnOutput(this, 'Target', {
      key: 'CofferDomainTarget',
      description: 'What the custom domain must point to, where Route 53 does not',
      value: name.domainNameAliasDomainName,
    })
  }
}
