/**
 * This deployment. docs/deploy.md explains every option; another file is taken with `-c config=<file>` or COFFER_CONFIG=<file>.
 * @module
 */
import { defineConfig } from './lib/config.ts'

export default defineConfig({
  // Names of everything begin with it. Two deployments in one account have different ones.
  prefix: 'coffer',
  // The first is the primary Region: the table is made there.
  regions: ['us-east-1'],
  // 'per-secret': a KMS key for each secret. 'shared': one for all, which costs far less (docs/cost.md).
  keyMode: 'per-secret',
  // Alarms are sent here, once the subscription is confirmed.
  // alarmEmail: 'you@example.com',
  // Events about rotations are sent here, likewise.
  // eventEmail: 'owners@example.com',
  // Which Lambda functions may rotate secrets; by default every one of the account and Region.
  // rotationFunctions: ['rotate-*'],
  // Where managed rotation gets to the databases.
  // managedRotation: { vpc: { 'us-east-1': { subnetIds: ['subnet-...'], securityGroupIds: ['sg-...'] } } },
  // API Gateway writes access logs through one role per account and Region. Set false where the account has one already.
  apiGatewayLogRole: true,
})
