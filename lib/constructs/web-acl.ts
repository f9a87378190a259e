/**
 * A web ACL in front of the API: the user's own, or one with AWS's managed rules. Rules that look into bodies only count: a body is a secret, which may look like anything,
 * and none reaches a page or a shell.
 * @module
 */
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2'
import { Construct } from 'constructs'
import type { CofferConfig } from '../config.ts'
import type { RegionalDeployment } from '../deployment.ts'

/** AWS's managed groups, with those of their rules that look into the body (AWS WAF developer guide, baseline rule groups). */
const managedGroups: Readonly<Record<string, readonly string[]>> = {
  AWSManagedRulesAmazonIpReputationList: [],
  AWSManagedRulesCommonRuleSet: [
    'SizeRestrictions_BODY',
    'EC2MetaDataSSRF_BODY',
    'GenericLFI_BODY',
    'GenericRFI_BODY',
    'CrossSiteScripting_BODY',
  ],
  AWSManagedRulesKnownBadInputsRuleSet: ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY', 'ReactJSRCE_BODY'],
}

export interface WebAclProps {
  readonly deployment: RegionalDeployment
  readonly waf: NonNullable<CofferConfig['waf']>
  readonly stageArn: string
}

export class WebAcl extends Construct {
  constructor(scope: Construct, id: string, { deployment, waf, stageArn }: WebAclProps) {
    super(scope, id)
    const { names, region } = deployment
    const webAclArn = 'webAclArns' in waf ? waf.webAclArns[region] : this.#managed(names.webAcl)
    if (webAclArn === undefined) throw new Error(`there is no web ACL for ${region}`)
    new CfnWebACLAssociation(this, 'Association', { resourceArn: stageArn, webAclArn })
  }

  #managed(name: string): string {
    const acl = new CfnWebACL(this, 'Acl', {
      name,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visibility(name),
      rules: Object.entries(managedGroups).map(([group, bodyRules], priority) => ({
        name: group,
        priority,
        overrideAction: { none: {} },
        statement: {
          managedRuleGroupStatement: {
            vendorName: 'AWS',
            name: group,
            ruleActionOverrides: bodyRules.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
          },
        },
        visibilityConfig: visibility(group),
      })),
    })
    return acl.attrArn
  }
}

/** No samples: they keep headers of requests, and with them session tokens. */
const visibility = (metricName: string) => ({
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: false,
  metricName,
})
