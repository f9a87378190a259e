/**
 * A small REST API by hand: `POST /` and `POST /Read`, with one restyled gateway response.
 * @module
 */
import type { FixtureTemplate } from './fixture-stack.ts'

const uri = (name: string) => ({
  'Fn::Join': [
    '',
    [
      'arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/',
      { 'Fn::GetAtt': [name, 'Arn'] },
      '/invocations',
    ],
  ],
})
const method = (ResourceId: object, name: string) => ({
  Type: 'AWS::ApiGateway::Method',
  Properties: {
    HttpMethod: 'POST',
    ResourceId,
    RestApiId: { Ref: 'Api' },
    AuthorizationType: 'AWS_IAM',
    Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', Uri: uri(name) },
  },
})

export function apiTemplate(more: FixtureTemplate['Resources'] = {}, policy?: object): FixtureTemplate {
  return {
    Resources: {
      Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'api', ...(policy && { Policy: policy }) } },
      Read: {
        Type: 'AWS::ApiGateway::Resource',
        Properties: {
          ParentId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] },
          PathPart: 'Read',
          RestApiId: { Ref: 'Api' },
        },
      },
      RootPost: method({ 'Fn::GetAtt': ['Api', 'RootResourceId'] }, 'Echo'),
      ReadPost: method({ Ref: 'Read' }, 'Echo'),
      Deployment: { Type: 'AWS::ApiGateway::Deployment', Properties: { RestApiId: { Ref: 'Api' } } },
      Stage: {
        Type: 'AWS::ApiGateway::Stage',
        Properties: { StageName: 'v1', RestApiId: { Ref: 'Api' }, DeploymentId: { Ref: 'Deployment' } },
      },
      Denied: {
        Type: 'AWS::ApiGateway::GatewayResponse',
        Properties: {
          RestApiId: { Ref: 'Api' },
          ResponseType: 'ACCESS_DENIED',
          StatusCode: '400',
          ResponseParameters: {
            'gatewayresponse.header.X-Code': "'Denied'",
            'gatewayresponse.header.X-Request': 'context.requestId',
            'gatewayresponse.header.Content-Type': "'application/x-own'",
          },
          ResponseTemplates: {
            'application/json':
              '{"m":$context.error.messageString,"t":"$context.error.responseType","r":"$context.requestId"}',
          },
        },
      },
      Echo: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'echo' } },
      ...more,
    },
  }
}
