/** An event as API Gateway makes it for a method with IAM authorization, as far as functions look at it. */
import type { Context } from 'aws-lambda'
import { ACCOUNT } from '../../support/coffer.ts'

export const IDENTITY = {
  accountId: ACCOUNT,
  userArn: `arn:aws:iam::${ACCOUNT}:user/admin`,
  user: 'AIDATESTTESTTESTTEST',
  caller: 'AIDATESTTESTTESTTEST',
  accessKey: 'AKIATESTTESTTESTTEST',
  sourceIp: '192.0.2.1',
}

export interface EventParts {
  readonly operation?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly identity?: Record<string, unknown>
  readonly method?: string
}

export function proxyEvent({
  operation = 'GetSecretValue',
  body = {},
  headers,
  identity = IDENTITY,
  method = 'POST',
}: EventParts = {}) {
  return {
    resource: `/${operation}`,
    path: `/${operation}`,
    httpMethod: method,
    headers: headers ?? {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': `secretsmanager.${operation}`,
    },
    requestContext: { requestId: 'request-1', identity },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
  }
}

export const lambdaContext = {
  functionName: 'coffer-get-secret-value',
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:coffer-get-secret-value`,
  memoryLimitInMB: '512',
  awsRequestId: 'invocation-1',
  getRemainingTimeInMillis: () => 10_000,
} as unknown as Context
