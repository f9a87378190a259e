/**
 * One line for each call that API Gateway takes on, those it refuses too (throttled or too large ones may be dropped before): an allow-list of facts, no body, no header but the user agent. API Gateway's error message is left out:
 * for a wrong signature it repeats the canonical request, and with it a session token.
 * @module
 */
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'

export const accessLogFields = {
  requestId: '$context.requestId',
  extendedRequestId: '$context.extendedRequestId',
  time: '$context.requestTime',
  method: '$context.httpMethod',
  path: '$context.resourcePath',
  status: '$context.status',
  errorType: '$context.error.responseType',
  account: '$context.identity.accountId',
  principal: '$context.identity.userArn',
  accessKeyId: '$context.identity.accessKey',
  sourceIp: '$context.identity.sourceIp',
  userAgent: '$context.identity.userAgent',
  responseLength: '$context.responseLength',
  responseLatencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integration.latency',
  integrationStatus: '$context.integration.status',
  functionRequestId: '$context.integration.requestId',
  wafStatus: '$context.waf.status',
} as const

export const accessLogFormat = AccessLogFormat.custom(JSON.stringify(accessLogFields))
