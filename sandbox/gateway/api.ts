/**
 * A REST API as its template describes it: resources, methods, gateway responses, stage. What the sandbox would have to guess at is refused.
 * @module
 */
import {
  isObject,
  numberOf,
  objectOf,
  oneOrMany,
  optionalObject,
  optionalText,
  SandboxProblem,
  textOf,
} from '../json.ts'
import { readPolicy, type ReadPolicy } from '../iam/policy-document.ts'
import type { Resource } from '../template/assembly.ts'
import type { Resolver } from '../template/resolver.ts'

export interface Method {
  /** `/GetSecretValue` */
  readonly resourcePath: string
  readonly resourceId: string
  readonly httpMethod: string
  readonly functionArn: string
  readonly timeoutMs: number
}

export interface GatewayResponse {
  readonly status: number | undefined
  /** Name to expression: `'text'` or `context.requestId`. */
  readonly headers: Readonly<Record<string, string>>
  /** By content type. */
  readonly templates: Readonly<Record<string, string>>
}

export interface Api {
  readonly id: string
  readonly name: string
  readonly region: string
  readonly account: string
  readonly stage: string
  readonly deploymentId: string
  readonly stageVariables: Readonly<Record<string, string>> | null
  readonly methods: readonly Method[]
  readonly paths: ReadonlySet<string>
  readonly responses: ReadonlyMap<string, GatewayResponse>
  readonly binaryMediaTypes: readonly string[]
  readonly policy: ReadPolicy | undefined
}

/** API Gateway quotas: the longest integration timeout by default. */
const INTEGRATION_TIMEOUT_MS = 29_000

/** The APIs of a stack. @throws {SandboxProblem} for a method that anyone could call */
export function apisOf(resolver: Resolver): readonly Api[] {
  return resolver.resources('AWS::ApiGateway::RestApi').map((resource) => readApi(resolver, resource))
}

function readApi(resolver: Resolver, resource: Resource): Api {
  const { logicalId } = resource
  const id = resolver.ref(logicalId)
  const ofApi = (type: string): readonly Resource[] =>
    resolver.resources(type).filter((each) => resolver.property(each, 'RestApiId') === id)
  const paths = pathsOf(resolver, ofApi('AWS::ApiGateway::Resource'), resolver.attribute(logicalId, 'RootResourceId'))
  const [stage, ...others] = ofApi('AWS::ApiGateway::Stage')
  if (stage === undefined || others.length > 0)
    throw new SandboxProblem(`${logicalId} must have one stage, it has ${others.length + (stage ? 1 : 0)}`)
  const variables = resolver.property(stage, 'Variables')
  return {
    id,
    name: optionalText(resolver.property(resource, 'Name'), logicalId) ?? id,
    region: resolver.stack.region,
    account: resolver.account,
    stage: resolver.ref(stage.logicalId),
    deploymentId: textOf(resolver.property(stage, 'DeploymentId'), stage.logicalId),
    stageVariables: isObject(variables) ? (variables as Record<string, string>) : null,
    methods: ofApi('AWS::ApiGateway::Method').map((method) => readMethod(resolver, method, paths)),
    paths: new Set(paths.values()),
    responses: new Map(ofApi('AWS::ApiGateway::GatewayResponse').map((response) => readResponse(resolver, response))),
    binaryMediaTypes: oneOrMany(resolver.property(resource, 'BinaryMediaTypes')).map((type) => textOf(type, logicalId)),
    policy: policyOf(resolver, resource, id),
  }
}

/** Path by resource id. */
function pathsOf(resolver: Resolver, resources: readonly Resource[], rootId: string): ReadonlyMap<string, string> {
  const byId = new Map(resources.map((resource) => [resolver.ref(resource.logicalId), resolver.properties(resource)]))
  const pathOf = (id: string): string => {
    if (id === rootId) return ''
    const properties = byId.get(id)
    if (properties === undefined) throw new SandboxProblem(`An API resource has the unknown parent ${id}`)
    const part = textOf(properties.PathPart, 'PathPart')
    if (part.includes('{')) throw new SandboxProblem(`The sandbox does not know path parameters such as ${part}`)
    return `${pathOf(textOf(properties.ParentId, 'ParentId'))}/${part}`
  }
  return new Map([...[...byId.keys()].map((id) => [id, pathOf(id)] as const), [rootId, '/']])
}

function readMethod(resolver: Resolver, resource: Resource, paths: ReadonlyMap<string, string>): Method {
  const { logicalId } = resource
  const properties = resolver.properties(resource)
  if (properties.AuthorizationType !== 'AWS_IAM')
    throw new SandboxProblem(
      `${logicalId} has the authorization type ${String(properties.AuthorizationType)}: every method must have AWS_IAM`,
    )
  const integration = objectOf(properties.Integration, `${logicalId}.Integration`)
  if (integration.Type !== 'AWS_PROXY' || integration.IntegrationHttpMethod !== 'POST')
    throw new SandboxProblem(`${logicalId}: the sandbox knows Lambda proxy integrations, invoked by POST`)
  const uri = textOf(integration.Uri, `${logicalId}.Integration.Uri`)
  const functionArn = /:lambda:path\/2015-03-31\/functions\/(.+)\/invocations$/.exec(uri)?.[1]
  if (functionArn === undefined) throw new SandboxProblem(`${logicalId}: ${uri} does not name a function`)
  const resourceId = textOf(properties.ResourceId, logicalId)
  const resourcePath = paths.get(resourceId)
  if (resourcePath === undefined) throw new SandboxProblem(`${logicalId} belongs to an unknown resource`)
  return {
    resourcePath,
    resourceId,
    httpMethod: textOf(properties.HttpMethod, logicalId),
    functionArn,
    timeoutMs: numberOf(integration.TimeoutInMillis ?? INTEGRATION_TIMEOUT_MS, logicalId),
  }
}

function readResponse(resolver: Resolver, resource: Resource): [type: string, response: GatewayResponse] {
  const { logicalId } = resource
  const properties = resolver.properties(resource)
  const headers = Object.entries(optionalObject(properties.ResponseParameters, logicalId)).map(([name, value]) => {
    const header = /^gatewayresponse\.header\.(.+)$/.exec(name)?.[1]
    if (header === undefined)
      throw new SandboxProblem(`${logicalId}: the sandbox does not know the response parameter ${name}`)
    return [header, textOf(value, logicalId)] as const
  })
  const templates = Object.entries(optionalObject(properties.ResponseTemplates, logicalId))
  return [
    textOf(properties.ResponseType, logicalId),
    {
      status: properties.StatusCode === undefined ? undefined : numberOf(properties.StatusCode, logicalId),
      headers: Object.fromEntries(headers),
      templates: Object.fromEntries(templates.map(([type, template]) => [type, textOf(template, logicalId)])),
    },
  ]
}

/** In an API's own policy `execute-api:/stage/...` is short for the ARN of this API. */
function policyOf(resolver: Resolver, resource: Resource, id: string): ReadPolicy | undefined {
  const given = resolver.property(resource, 'Policy')
  if (given === undefined) return undefined
  const prefix = `${resolver.resolve({ 'Fn::Sub': 'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:' }, 'arn') as string}${id}`
  const source = `${resource.logicalId} policy`
  const document = objectOf(given, source)
  const whole = (resources: unknown): unknown =>
    oneOrMany(resources).map((each) => textOf(each, source).replace(/^execute-api:/, prefix))
  const statements = oneOrMany(document.Statement).map((each) => {
    const { Resource: named, NotResource: others, ...statement } = objectOf(each, source)
    return {
      ...statement,
      ...(named !== undefined && { Resource: whole(named) }),
      ...(others !== undefined && { NotResource: whole(others) }),
    }
  })
  return readPolicy({ ...document, Statement: statements }, source, 'resource')
}
