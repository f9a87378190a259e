/**
 * What API Gateway says when a call does not reach a function, in the form of the service's own errors: JSON 1.1, the code in the body and in a header, 400 for all that is the
 * client's doing. SDKs then raise the exceptions that their users catch.
 * @module
 */
import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway'

interface GatewayError {
  readonly type: ResponseType
  readonly code: string
  readonly status: number
  /** Instead of API Gateway's own. */
  readonly message?: string
}

/** Codes as the service has them; types that are not here come under DEFAULT_4XX and DEFAULT_5XX. */
export const gatewayErrors: readonly GatewayError[] = [
  { type: ResponseType.ACCESS_DENIED, code: 'AccessDeniedException', status: 400 },
  { type: ResponseType.UNAUTHORIZED, code: 'AccessDeniedException', status: 400 },
  { type: ResponseType.WAF_FILTERED, code: 'AccessDeniedException', status: 400 },
  // Also for a path that there is not: API Gateway tells nobody unknown which paths it has.
  { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, code: 'MissingAuthenticationTokenException', status: 400 },
  { type: ResponseType.INVALID_SIGNATURE, code: 'InvalidSignatureException', status: 400 },
  { type: ResponseType.EXPIRED_TOKEN, code: 'ExpiredTokenException', status: 400 },
  { type: ResponseType.THROTTLED, code: 'ThrottlingException', status: 400, message: 'Rate exceeded' },
  { type: ResponseType.QUOTA_EXCEEDED, code: 'ThrottlingException', status: 400, message: 'Rate exceeded' },
  { type: ResponseType.REQUEST_TOO_LARGE, code: 'RequestEntityTooLargeException', status: 413 },
  { type: ResponseType.RESOURCE_NOT_FOUND, code: 'UnknownOperationException', status: 400 },
  // A key that AWS does not know ends here, among others.
  { type: ResponseType.DEFAULT_4XX, code: 'InvalidRequestException', status: 400 },
  // Named one by one, for they answer 504 otherwise.
  ...[ResponseType.INTEGRATION_FAILURE, ResponseType.INTEGRATION_TIMEOUT, ResponseType.DEFAULT_5XX].map((type) => ({
    type,
    code: 'InternalServiceError',
    status: 500,
    message: 'An error occurred on the server side.',
  })),
]

export function restyleErrors(api: RestApi): void {
  for (const { type, code, status, message } of gatewayErrors) {
    // API Gateway puts its message in with quotes around it; templates of gateway responses know variables and nothing else.
    const text = message === undefined ? '$context.error.messageString' : JSON.stringify(message)
    api.addGatewayResponse(`Error-${type.responseType}`, {
      type,
      statusCode: String(status),
      responseHeaders: { 'Content-Type': `'application/x-amz-json-1.1'`, 'x-amzn-ErrorType': `'${code}'` },
      templates: { 'application/json': `{"__type":"${code}","Message":${text},"message":${text}}` },
    })
  }
}
