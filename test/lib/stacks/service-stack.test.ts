/** The service stack of a Region: every operation has its function and its route, and nobody but API Gateway and the router gets at them. */
/* eslint-disable @typescript-eslint/no-unsafe-member-access -- a template's properties are any: what is not there fails the assertion */
import { operations } from '../../../lambda/core/operations/index.ts'
import { rotationWorkflow } from '../../../lambda/core/rotation/workflow.ts'
import { entryOf } from '../../../lambda/handlers/edge/function-name.ts'
import type { CofferConfigInput } from '../../../lib/config.ts'
import { gatewayErrors } from '../../../lib/constructs/gateway-errors.ts'
import { allEntries, operationsToCome } from '../../../lib/names.ts'
import { stateMachineDefinition } from '../../../lib/state-machine-definition.ts'
import { ALARM_METRICS } from '../../../tools/cost/cost.ts'
import {
  ACCOUNT,
  baseConfig,
  fullConfig,
  functionOf,
  privateConfig,
  resourcesOf,
  roleOf,
  serviceTemplate,
  statementsOf,
  type Resource,
} from '../support/synthesised.ts'

const names = Object.keys(operations)
const template = serviceTemplate()
const only = (found: [string, Resource][]): Resource => {
  expect(found).toHaveLength(1)
  return found[0]![1]
}
const rest = () => only(resourcesOf(template, 'AWS::ApiGateway::RestApi'))
const methods = () => resourcesOf(template, 'AWS::ApiGateway::Method').map(([, resource]) => resource)

/** What reads the table's stream for a function. */
const readerOf = (entry: string): Resource =>
  only(
    resourcesOf(template, 'AWS::Lambda::EventSourceMapping').filter(
      ([, { Properties }]) => Properties.FunctionName.Ref === functionOf(template, entry)[0],
    ),
  )

/** Logical id of the function that a method hands on to. */
const targetOf = (method: Resource): string => {
  const text = JSON.stringify(method.Properties.Integration.Uri)
  return /"Fn::GetAtt":\["([^"]+)"/.exec(text)?.[1] ?? /"Ref":"([A-Za-z0-9]+)"/.exec(text)?.[1] ?? ''
}

describe('functions', () => {
  test('there is one for each operation and each job in the background, and no other', () => {
    const deployed = resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties.FunctionName)
    expect(deployed.toSorted()).toEqual(allEntries.map((entry) => `coffer-${entry}`).toSorted())
    expect(deployed).toHaveLength(names.length + 11)
  })

  test.each(allEntries)(
    '%s runs on Node 24 and arm64, with its own role, its own log, and explicit limits',
    (entry) => {
      const [, { Properties }] = functionOf(template, entry)
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        MemorySize: expect.any(Number),
        Timeout: expect.any(Number),
        LoggingConfig: { LogFormat: 'JSON' },
        Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps', POWERTOOLS_SERVICE_NAME: 'coffer' } },
      })
      const log = template.Resources[Properties.LoggingConfig.LogGroup.Ref as string]!
      expect(log.Properties.LogGroupName).toBe(`/aws/lambda/coffer-${entry}`)
      expect(roleOf(template, entry).Properties).toMatchObject({
        RoleName: `coffer-${entry}-eu-west-1`,
        Path: '/coffer/coffer/',
      })
    },
  )

  test('no two functions share a role', () => {
    const roles = resourcesOf(template, 'AWS::Lambda::Function').map(([, { Properties }]) =>
      JSON.stringify(Properties.Role),
    )
    expect(new Set(roles).size).toBe(roles.length)
  })

  test('those that touch secrets are told where they are; the router and the custom resource are not', () => {
    const environmentOf = (entry: string) =>
      Object.keys(functionOf(template, entry)[1].Properties.Environment.Variables as object).filter((key) =>
        key.startsWith('COFFER_'),
      )
    const place = ['COFFER_ACCOUNT', 'COFFER_DEPLOYMENT', 'COFFER_KEY_MODE', 'COFFER_REGIONS', 'COFFER_TABLE']
    for (const entry of ['sweeper', 'change-feed', 'identity']) expect(environmentOf(entry).toSorted()).toEqual(place)
    const deciding = [...place, 'COFFER_IDENTITY_GRACE_MINUTES']
    // Who looks at functions or invokes them is told which.
    const rotating = [...deciding, 'COFFER_ROTATION_FUNCTIONS']
    const others = ['rotation-worker', 'rotation-admin', 'managed-rotation', 'replicator', 'replication-admin']
    for (const entry of [...names.map(entryOf), ...others])
      expect(environmentOf(entry).toSorted()).toEqual(
        (['rotate-secret', 'rotation-worker'].includes(entry) ? rotating : deciding).toSorted(),
      )
    expect(environmentOf('router')).toEqual(['COFFER_DEPLOYMENT'])
    expect(environmentOf('stream-arn')).toEqual([])
  })

  test('all are told where secrets may have replicas', () => {
    const config = { ...baseConfig, regions: ['us-east-1', 'eu-west-1'] }
    for (const entry of ['create-secret', 'replicate-secret-to-regions', 'replicator', 'sweeper', 'change-feed'])
      expect(functionOf(serviceTemplate(config, 'eu-west-1'), entry)[1].Properties.Environment.Variables).toMatchObject(
        {
          COFFER_REGIONS: 'us-east-1,eu-west-1',
        },
      )
  })

  test('those that decide on access are told how, as the config says', () => {
    const accessOf = (config: CofferConfigInput, entry: string) => {
      const { COFFER_IDENTITY_GRACE_MINUTES: grace, COFFER_ENFORCED_AT_API: enforced } = functionOf(
        serviceTemplate(config),
        entry,
        config.prefix,
      )[1].Properties.Environment.Variables as Record<string, string>
      return [grace, enforced]
    }
    expect(accessOf({ ...baseConfig, prefix: 'coffer' }, 'get-secret-value')).toEqual(['15', undefined])
    const keys = 'aws:MultiFactorAuthPresent,aws:PrincipalTag/team'
    for (const entry of names.map(entryOf)) expect(accessOf(fullConfig, entry)).toEqual(['60', keys])
  })

  test('an operation ends before the router, and the router before API Gateway gives up', () => {
    const timeoutOf = (entry: string): number => functionOf(template, entry)[1].Properties.Timeout as number
    for (const name of names) expect(timeoutOf(entryOf(name))).toBeLessThan(timeoutOf('router'))
    expect(timeoutOf('router')).toBeLessThan(29)
  })
})

describe('the API', () => {
  test('each operation has POST /<Operation> to its own function, and POST / goes to the router', () => {
    const pathOf = (method: Resource): string => {
      const resource = method.Properties.ResourceId as { Ref?: string }
      return resource.Ref === undefined ? '' : (template.Resources[resource.Ref]!.Properties.PathPart as string)
    }
    const routes = Object.fromEntries(methods().map((method) => [pathOf(method), targetOf(method)]))
    const expected = names.map((name) => [name, functionOf(template, entryOf(name))[0]])
    const routed = ['', ...operationsToCome].map((name) => [name, functionOf(template, 'router')[0]])
    const explaining = ['explain', 'who-can'].map((name) => [name, functionOf(template, 'explain')[0]])
    const administering = ['show', 'resume', 'abort'].map((name) => [name, functionOf(template, 'rotation-admin')[0]])
    const replicating = ['status', 'preflight', 'reprimary'].map((name) => [
      name,
      functionOf(template, 'replication-admin')[0],
    ])
    expect(routes).toEqual(
      Object.fromEntries([...expected, ...routed, ...explaining, ...administering, ...replicating]),
    )
  })

  test('every method is POST by IAM authorization and a Lambda proxy', () => {
    expect(methods()).toHaveLength(names.length + operationsToCome.length + 1 + 2 + 3 + 3)
    for (const { Properties } of methods())
      expect(Properties).toMatchObject({
        HttpMethod: 'POST',
        AuthorizationType: 'AWS_IAM',
        Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST' },
      })
  })

  test('its stage logs accesses, never requests, and is throttled', () => {
    const { Properties } = only(resourcesOf(template, 'AWS::ApiGateway::Stage'))
    expect(Properties.StageName).toBe('v1')
    expect(Properties.MethodSettings).toEqual([
      expect.objectContaining({
        ResourcePath: '/*',
        HttpMethod: '*',
        LoggingLevel: 'OFF',
        DataTraceEnabled: false,
        ThrottlingRateLimit: 2000,
        ThrottlingBurstLimit: 1000,
      }),
    ])
    const format = JSON.parse(Properties.AccessLogSetting.Format as string) as Record<string, string>
    expect(format.requestId).toBe('$context.requestId')
    // A wrong signature's message repeats the canonical request, session token included.
    expect(JSON.stringify(format)).not.toMatch(/error\.message|input|request\.header|authorizer|requestOverride/)
  })

  test.each(gatewayErrors)(
    'an answer of its own ($type.responseType) has the form of the service',
    ({ type, code, status }) => {
      const { Properties } = only(
        resourcesOf(template, 'AWS::ApiGateway::GatewayResponse').filter(
          ([, resource]) => resource.Properties.ResponseType === type.responseType,
        ),
      )
      expect(Properties.StatusCode).toBe(String(status))
      expect(Properties.ResponseParameters).toEqual({
        'gatewayresponse.header.Content-Type': "'application/x-amz-json-1.1'",
        'gatewayresponse.header.x-amzn-ErrorType': `'${code}'`,
      })
      // API Gateway puts a JSON string in for the variable.
      const body = (Properties.ResponseTemplates['application/json'] as string).replaceAll(
        '$context.error.messageString',
        '"said"',
      )
      expect(JSON.parse(body)).toMatchObject({ __type: code, Message: expect.any(String), message: expect.any(String) })
    },
  )

  test('client errors are 400 but for a body that is too large, and faults tell nothing', () => {
    const isFault = ({ type }: { type: { responseType: string } }): boolean => /INTEGRATION|5XX/.test(type.responseType)
    for (const error of gatewayErrors)
      expect([error.code, error.status]).toEqual(
        isFault(error)
          ? ['InternalServiceError', 500]
          : [error.code, error.code === 'RequestEntityTooLargeException' ? 413 : 400],
      )
    for (const fault of gatewayErrors.filter(isFault))
      expect(fault.message).toBe('An error occurred on the server side.')
  })

  test('callers of other accounts are denied, and those of the own account are left to IAM', () => {
    expect(rest().Properties.Policy.Statement).toEqual([
      expect.objectContaining({
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'execute-api:Invoke',
        Condition: { StringNotEquals: { 'aws:PrincipalAccount': [ACCOUNT] } },
      }),
    ])
  })

  test('an allowed account is admitted, and only it', () => {
    const { Properties } = only(resourcesOf(serviceTemplate(fullConfig), 'AWS::ApiGateway::RestApi'))
    expect(Properties.Policy.Statement).toEqual([
      expect.objectContaining({
        Effect: 'Deny',
        Condition: { StringNotEquals: { 'aws:PrincipalAccount': [ACCOUNT, '210987654321'] } },
      }),
      expect.objectContaining({ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::210987654321:root' } }),
    ])
  })

  test('a change of the resource policy makes a new deployment of the API', () => {
    const deploymentOf = (config: CofferConfigInput): string =>
      resourcesOf(serviceTemplate(config), 'AWS::ApiGateway::Deployment')[0]![0]
    const other = { ...baseConfig, allowedAccounts: ['210987654321'] }
    expect(deploymentOf(other)).not.toBe(deploymentOf(baseConfig))
  })

  test('the endpoint is an output', () => {
    expect(JSON.stringify(template.Outputs?.CofferEndpoint?.Value)).toContain('.execute-api.eu-west-1.')
  })

  test("the account's logging role is made only where the config says so, and stays", () => {
    expect(resourcesOf(template, 'AWS::ApiGateway::Account')).toEqual([])
    const full = serviceTemplate(fullConfig)
    const account = only(resourcesOf(full, 'AWS::ApiGateway::Account'))
    expect(account.DeletionPolicy).toBe('Retain')
    const [stage] = resourcesOf(full, 'AWS::ApiGateway::Stage')
    expect(stage![1].DependsOn).toEqual(expect.arrayContaining([expect.stringContaining('ApiLogRole')]))
  })
})

describe('who may invoke what', () => {
  const permissions = () => resourcesOf(template, 'AWS::Lambda::Permission').map(([, { Properties }]) => Properties)
  const permissionsOf = (entry: string) => {
    const [id] = functionOf(template, entry)
    return permissions().filter(({ FunctionName }) => FunctionName['Fn::GetAtt'][0] === id)
  }

  test.each([
    ...names.map((name) => [entryOf(name), [name]] as const),
    ['router', [...operationsToCome, '']] as const,
    ['explain', ['_coffer/explain', '_coffer/who-can']] as const,
    ['rotation-admin', ['_coffer/rotation/show', '_coffer/rotation/resume', '_coffer/rotation/abort']] as const,
    ['replication-admin', ['status', 'preflight', 'reprimary'].map((name) => `_coffer/replication/${name}`)] as const,
  ])('%s is invoked by API Gateway alone, from its own routes', (entry, paths) => {
    const invoking = permissionsOf(entry)
    expect(invoking).toHaveLength(paths.length)
    const stage = resourcesOf(template, 'AWS::ApiGateway::Stage')[0]![0]
    const api = resourcesOf(template, 'AWS::ApiGateway::RestApi')[0]![0]
    for (const [index, { SourceArn, ...permission }] of invoking.entries()) {
      expect(permission).toMatchObject({ Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com' })
      const arn = JSON.stringify(SourceArn)
      expect(arn).toContain(`arn:aws:execute-api:eu-west-1:${ACCOUNT}:`)
      expect(arn).toContain(`{"Ref":"${api}"},"/",{"Ref":"${stage}"},"/POST/${paths[index]}"`)
    }
  })

  test('the sweeper, the replicator and the identity function are invoked by their rules, and nobody may invoke the others', () => {
    expect(permissionsOf('sweeper').map(({ Principal }) => Principal)).toEqual(Array(4).fill('events.amazonaws.com'))
    for (const { SourceArn } of permissionsOf('sweeper')) expect(SourceArn).toBeDefined()
    for (const entry of ['identity', 'replicator'])
      expect(permissionsOf(entry).map(({ Principal }) => Principal)).toEqual(['events.amazonaws.com'])
    expect(permissionsOf('change-feed')).toEqual([])
    expect(permissionsOf('stream-arn')).toEqual([])
    // By their callers' roles alone.
    expect(permissionsOf('rotation-worker')).toEqual([])
    expect(permissionsOf('managed-rotation')).toEqual([])
    expect(permissions()).toHaveLength(names.length + operationsToCome.length + 1 + 4 + 1 + 1 + 2 + 3 + 3)
  })

  test('of all roles only that of the router may invoke functions of operations', () => {
    const invocable = allEntries.flatMap((entry) =>
      statementsOf(template, entry)
        .filter(({ Effect, Action }) => Effect === 'Allow' && Action.includes('lambda:InvokeFunction'))
        .map(({ Action, Resource }) => [entry, Action, Resource] as const),
    )
    const identity = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-identity`
    // The worker's are another matter: test/lib/grants.test.ts.
    expect(invocable.filter(([entry]) => entry !== 'router' && entry !== 'rotation-worker')).toEqual(
      [...names.map(entryOf), 'explain', 'rotation-admin', 'replication-admin'].map((entry) => [
        entry,
        ['lambda:InvokeFunction'],
        [identity],
      ]),
    )
    const [, , routed] = invocable.find(([entry]) => entry === 'router')!
    expect(routed).not.toContain(identity)
  })

  test('there are no function URLs', () => {
    expect(resourcesOf(template, 'AWS::Lambda::Url')).toEqual([])
  })
})

describe('background work', () => {
  test('the snapshot of identities is renewed every minute, and a pass that is late is given up', () => {
    const [, { Properties }] = resourcesOf(template, 'AWS::Events::Rule').find(
      ([, rule]) => rule.Properties.Name === 'coffer-identity-snapshot',
    )!
    expect(Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Targets: [
        {
          Input: '{"task":"snapshot"}',
          DeadLetterConfig: { Arn: expect.anything() },
          RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
        },
      ],
    })
    const [id, identity] = functionOf(template, 'identity')
    expect(identity.Properties.ReservedConcurrentExecutions).toBeUndefined()
    const async = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').find(
      ([, config]) => config.Properties.FunctionName.Ref === id,
    )
    expect(async?.[1].Properties).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 })
    const [, reserved] = functionOf(serviceTemplate(fullConfig), 'identity', 'coffer-prod')
    expect(reserved.Properties.ReservedConcurrentExecutions).toBe(2)
  })

  test('purges, rotations and replication are swept every ten minutes, values and keys daily', () => {
    const sweeps = resourcesOf(template, 'AWS::Events::Rule')
      .map(([, { Properties }]) => Properties)
      .filter(({ Name }) => (Name as string).includes('-sweep-'))
    const rules = sweeps.map(({ Name, ScheduleExpression, Targets }) => [Name, ScheduleExpression, Targets[0].Input])
    expect(rules).toEqual([
      ['coffer-sweep-purges', 'rate(10 minutes)', '{"task":"purges"}'],
      ['coffer-sweep-rotations', 'rate(10 minutes)', '{"task":"rotations"}'],
      ['coffer-sweep-values', 'cron(17 3 * * ? *)', '{"task":"values"}'],
      ['coffer-sweep-keys', 'cron(47 4 * * ? *)', '{"task":"keys"}'],
      ['coffer-sweep-replication', 'rate(10 minutes)', '{"task":"replication"}'],
    ])
    for (const { Targets } of sweeps)
      expect(Targets[0]).toMatchObject({
        DeadLetterConfig: { Arn: expect.anything() },
        RetryPolicy: { MaximumRetryAttempts: 3 },
      })
  })

  test("the change feed gets this Region's heads that are condemned or rotate, record by record, and gives up into a queue", () => {
    const { Properties } = readerOf('change-feed')
    expect(Properties).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [expect.stringContaining('StreamArn'), 'StreamArn'] },
      FunctionName: { Ref: functionOf(template, 'change-feed')[0] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 3600,
      MaximumRetryAttempts: 5,
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    })
    const patterns = (Properties.FilterCriteria.Filters as { Pattern: string }[]).map(
      ({ Pattern }) => JSON.parse(Pattern) as unknown,
    )
    const Keys = { sk: { S: ['head#eu-west-1'] } }
    expect(patterns).toEqual([
      { dynamodb: { Keys, NewImage: { state: { S: ['purging'] } } } },
      { dynamodb: { Keys, NewImage: { rotates: { S: [{ exists: true }] } } } },
    ])
  })

  test('the replicator gets heads of every Region that have to do with others, or had, and all links, and gives up into the same queue', () => {
    const { Properties } = readerOf('replicator')
    const { FunctionName: _theirs, FilterCriteria: _filter, ...changeFeed } = readerOf('change-feed').Properties
    expect(Properties).toMatchObject(changeFeed)
    expect(Properties.ParallelizationFactor).toBe(10)
    const patterns = (Properties.FilterCriteria.Filters as { Pattern: string }[]).map(
      ({ Pattern }) => JSON.parse(Pattern) as unknown,
    )
    const Keys = { sk: { S: [{ prefix: 'head#' }] } }
    const isReplicating = { replicates: { S: [{ exists: true }] } }
    expect(patterns).toEqual([
      { dynamodb: { Keys, NewImage: isReplicating } },
      { dynamodb: { Keys, OldImage: isReplicating } },
      { dynamodb: { Keys: { sk: { S: [{ prefix: 'link#' }] } } } },
    ])
    expect(functionOf(template, 'replicator')[1].Properties.Timeout).toBe(900)
  })

  test('what the replicator is told by the clock and fails at is tried once more, and then among the dead letters', () => {
    const [id] = functionOf(template, 'replicator')
    const configs = resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').map(([, { Properties }]) => Properties)
    const config = configs.find(({ FunctionName }) => FunctionName.Ref === id)
    expect(config).toMatchObject({
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    })
  })

  test('two functions read the stream, which is the most that DynamoDB has room for', () => {
    expect(resourcesOf(template, 'AWS::Lambda::EventSourceMapping')).toHaveLength(2)
  })

  test('the stream is found by an own function in this Region, for this table', () => {
    const { Properties } = only(resourcesOf(template, 'Custom::CofferStreamArn'))
    expect(Properties.ServiceToken).toEqual({ 'Fn::GetAtt': [functionOf(template, 'stream-arn')[0], 'Arn'] })
    expect(Properties.TableName).toBe('coffer')
  })

  test('the dead-letter queue is encrypted and takes TLS only', () => {
    expect(only(resourcesOf(template, 'AWS::SQS::Queue')).Properties.SqsManagedSseEnabled).toBe(true)
    expect(only(resourcesOf(template, 'AWS::SQS::QueuePolicy')).Properties.PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    )
  })
})

describe('rotation', () => {
  const machine = () => only(resourcesOf(template, 'AWS::StepFunctions::StateMachine')).Properties

  test('is led by a standard state machine that is made of the workflow, and keeps no data in its log', () => {
    expect(machine()).toMatchObject({
      StateMachineName: 'coffer-rotation',
      StateMachineType: 'STANDARD',
      LoggingConfiguration: { Level: 'ERROR', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: false },
    })
    expect(JSON.parse(machine().DefinitionString as string)).toEqual(
      stateMachineDefinition(rotationWorkflow, {
        partition: 'aws',
        workerArn: `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-rotation-worker`,
      }),
    )
    const [{ CloudWatchLogsLogGroup: log }] = machine().LoggingConfiguration.Destinations
    const { Properties } = template.Resources[log.LogGroupArn['Fn::GetAtt'][0] as string]!
    expect(Properties.LogGroupName).toBe('/aws/vendedlogs/states/coffer-rotation')
  })

  test('a task may take as long as Lambda lets it, and no longer than the state machine waits', () => {
    expect(functionOf(template, 'rotation-worker')[1].Properties.Timeout).toBe(900)
    expect(functionOf(template, 'managed-rotation')[1].Properties.Timeout).toBe(300)
  })

  test('schedules have a group of their own', () => {
    expect(only(resourcesOf(template, 'AWS::Scheduler::ScheduleGroup')).Properties.Name).toBe('coffer')
  })

  test('the change feed begins when there is something to start', () => {
    const { DependsOn } = readerOf('change-feed')
    const [id] = resourcesOf(template, 'AWS::StepFunctions::StateMachine')[0]!
    expect(DependsOn).toContain(id)
  })

  test('managed rotation is in the VPC of the config, and told what it may do', () => {
    const [, { Properties }] = functionOf(serviceTemplate(fullConfig), 'managed-rotation', 'coffer-prod')
    expect(Properties.VpcConfig).toEqual({
      SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      SecurityGroupIds: ['sg-0123456789abcdef0'],
    })
    expect(Properties.Environment.Variables).toMatchObject({
      COFFER_WEBHOOK_ORIGINS: 'https://hooks.example.com',
      COFFER_ALLOW_PLAINTEXT: 'true',
    })
    const [, base] = functionOf(template, 'managed-rotation')
    expect(base.Properties.VpcConfig).toBeUndefined()
    expect(Object.keys(base.Properties.Environment.Variables as object)).not.toContain('COFFER_ALLOW_PLAINTEXT')
    // No other function has a way into the VPC.
    const inVpc = resourcesOf(serviceTemplate(fullConfig), 'AWS::Lambda::Function').filter(
      ([, resource]) => resource.Properties.VpcConfig !== undefined,
    )
    expect(inVpc).toHaveLength(1)
  })

  test('events go to an encrypted topic, to which the address of the config is subscribed', () => {
    const topics = resourcesOf(template, 'AWS::SNS::Topic').map(([, { Properties }]) => Properties)
    const events = topics.find(({ TopicName }) => TopicName === 'coffer-events')
    expect(JSON.stringify(events.KmsMasterKeyId)).toContain('alias/aws/sns')
    expect(template.Outputs?.CofferEventTopic).toBeDefined()
    const addresses = resourcesOf(serviceTemplate(fullConfig), 'AWS::SNS::Subscription').map(
      ([, { Properties }]) => Properties.Endpoint as string,
    )
    expect(addresses.toSorted()).toEqual(['on-call@example.com', 'owners@example.com'])
  })
})

test('every log ends, and stays with its stack only where nothing is to be kept', () => {
  const logs = resourcesOf(template, 'AWS::Logs::LogGroup')
  // One for each function, that of accesses, and that of executions.
  expect(logs).toHaveLength(allEntries.length + 2)
  for (const [, { Properties, DeletionPolicy }] of logs)
    expect([Properties.RetentionInDays, DeletionPolicy]).toEqual([365, 'RetainExceptOnCreate'])
  for (const [, { Properties, DeletionPolicy }] of resourcesOf(serviceTemplate(fullConfig), 'AWS::Logs::LogGroup'))
    expect([Properties.RetentionInDays, DeletionPolicy]).toEqual([30, 'Delete'])
})

describe('alarms', () => {
  const alarms = () => resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties)

  test.each([
    'api-5xx',
    'api-latency',
    'background-errors',
    'identities-stale',
    'identities-unusable',
    'rotations-failed',
    'replication-failed',
    'function-throttles',
    'dead-letters',
    'change-feed-lag',
    'replicator-lag',
    'table-throttles',
    'table-faults',
  ])('%s is told to the topic of the Region, when it begins and when it ends', (name) => {
    const alarm = alarms().find(({ AlarmName }) => AlarmName === `coffer-${name}`)
    const topic = resourcesOf(template, 'AWS::SNS::Topic').find(
      ([, { Properties }]) => Properties.TopicName === 'coffer-alarms',
    )
    expect(alarm).toMatchObject({ AlarmActions: [{ Ref: topic![0] }], OKActions: [{ Ref: topic![0] }] })
    expect(alarm.AlarmDescription).toMatch(/\.$/)
  })

  test('what has no caller to tell is watched by itself', () => {
    const watchedBy = (name: string): string[] =>
      (alarms().find(({ AlarmName }) => AlarmName === `coffer-${name}`).Metrics as AlarmMetric[]).flatMap(
        ({ MetricStat }) => MetricStat?.Metric.Dimensions[0]?.Value ?? [],
      )
    expect(watchedBy('background-errors')).toEqual([
      'coffer-sweeper',
      'coffer-change-feed',
      'coffer-identity',
      'coffer-rotation-worker',
      'coffer-replicator',
    ])
    const failing = alarms().find(({ AlarmName }) => AlarmName === 'coffer-rotations-failed').Metrics as AlarmMetric[]
    expect(failing.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric.MetricName] : []))).toEqual([
      'ExecutionsFailed',
      'ExecutionsTimedOut',
      'ExecutionsAborted',
    ])
    expect(watchedBy('function-throttles')).toEqual(
      expect.arrayContaining(['coffer-get-secret-value', 'coffer-router', 'coffer-identity']),
    )
  })

  test('copies that could not be made are counted, and a replicator that is behind is seen', () => {
    expect(alarms().find(({ AlarmName }) => AlarmName === 'coffer-replication-failed')).toMatchObject({
      Namespace: 'Coffer',
      MetricName: 'ReplicationFailures',
      Dimensions: [
        { Name: 'deployment', Value: 'coffer' },
        { Name: 'service', Value: 'coffer' },
      ],
      Statistic: 'Sum',
      Threshold: 0,
    })
    expect(alarms().find(({ AlarmName }) => AlarmName === 'coffer-replicator-lag')).toMatchObject({
      MetricName: 'IteratorAge',
      Dimensions: [{ Name: 'FunctionName', Value: 'coffer-replicator' }],
      Threshold: 600_000,
    })
  })

  test('a snapshot of identities that is old, or of which nothing is heard, alarms', () => {
    expect(alarms().find(({ AlarmName }) => AlarmName === 'coffer-identities-stale')).toMatchObject({
      Namespace: 'Coffer',
      MetricName: 'SnapshotAgeSeconds',
      Dimensions: [
        { Name: 'deployment', Value: 'coffer' },
        { Name: 'service', Value: 'coffer' },
      ],
      Statistic: 'Maximum',
      Threshold: 300,
      TreatMissingData: 'breaching',
    })
    for (const { AlarmName, TreatMissingData } of alarms())
      if (AlarmName !== 'coffer-identities-stale') expect(TreatMissingData).toBe('notBreaching')
  })

  test('a Region costs the alarms of twenty-eight metrics, which are paid for one by one', () => {
    const metrics = alarms().map(
      ({ Metrics }) => (Metrics as AlarmMetric[] | undefined)?.filter(({ MetricStat }) => MetricStat) ?? [1],
    )
    expect(metrics.flat()).toHaveLength(ALARM_METRICS)
  })

  test('CloudWatch may publish to the topic for this account only, and the address of the config is subscribed', () => {
    const policies = resourcesOf(template, 'AWS::SNS::TopicPolicy').map(
      ([, { Properties }]) => Properties.PolicyDocument.Statement as { Principal: unknown }[],
    )
    expect(policies).toHaveLength(2)
    const admitting = policies.filter((statements) => JSON.stringify(statements).includes('cloudwatch'))
    expect(admitting).toHaveLength(1)
    expect(admitting[0]).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
      }),
    )
    const full = serviceTemplate(fullConfig)
    expect(resourcesOf(template, 'AWS::SNS::Subscription')).toEqual([])
    expect(resourcesOf(full, 'AWS::SNS::Subscription').map(([, { Properties }]) => Properties)).toContainEqual(
      expect.objectContaining({ Protocol: 'email', Endpoint: 'on-call@example.com' }),
    )
  })
})

interface AlarmMetric {
  readonly MetricStat?: {
    readonly Metric: { readonly MetricName: string; readonly Dimensions: { readonly Value: string }[] }
  }
}

describe('options', () => {
  const full = serviceTemplate(fullConfig)

  test('a private API admits the callers of the config, through its VPC endpoints only', () => {
    const { Properties } = only(resourcesOf(serviceTemplate(privateConfig), 'AWS::ApiGateway::RestApi'))
    expect(Properties.EndpointConfiguration).toEqual({ Types: ['PRIVATE'], VpcEndpointIds: ['vpce-0123456789abcdef0'] })
    expect(Properties.Policy.Statement).toEqual([
      expect.objectContaining({
        Effect: 'Deny',
        Condition: { StringNotEquals: { 'aws:PrincipalAccount': [ACCOUNT] } },
      }),
      expect.objectContaining({
        Effect: 'Deny',
        Condition: { StringNotEquals: { 'aws:SourceVpce': ['vpce-0123456789abcdef0'] } },
      }),
      // Within an account this may be all that a caller needs: nobody may be let in whom the config does not name.
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Condition: { ArnLike: { 'aws:PrincipalArn': [`arn:aws:iam::${ACCOUNT}:role/app-*`] } },
      }),
    ])
  })

  test('with provisioned concurrency GetSecretValue is called by its alias, by API Gateway and by the router', () => {
    const [alias, { Properties }] = resourcesOf(full, 'AWS::Lambda::Alias')[0]!
    expect(Properties).toMatchObject({
      Name: 'live',
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 5 },
    })
    const [, get] = functionOf(full, 'get-secret-value', 'coffer-prod')
    expect(get.Properties.ReservedConcurrentExecutions).toBe(50)
    const targets = resourcesOf(full, 'AWS::ApiGateway::Method').map(([, method]) => targetOf(method))
    expect(targets).toContain(alias)
    const invocable = statementsOf(full, 'router', 'coffer-prod').flatMap(({ Resource }) => Resource)
    expect(invocable).toContain(`arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-prod-get-secret-value:live`)
    expect(invocable).not.toContain(`arn:aws:lambda:eu-west-1:${ACCOUNT}:function:coffer-prod-get-secret-value`)
    const [, router] = functionOf(full, 'router', 'coffer-prod')
    expect(router.Properties.Environment.Variables.COFFER_ALIASES).toBe('get-secret-value:live')
    const permitted = resourcesOf(full, 'AWS::Lambda::Permission').filter(
      ([, resource]) => JSON.stringify(resource.Properties.FunctionName) === JSON.stringify({ Ref: alias }),
    )
    expect(permitted).toHaveLength(1)
  })

  test('AWS managed rules look at everything but bodies, and keep no samples', () => {
    const { Properties } = only(resourcesOf(full, 'AWS::WAFv2::WebACL'))
    const text = JSON.stringify(Properties.Rules)
    for (const rule of ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY', 'Log4JRCE_BODY'])
      expect(text).toContain(`{"ActionToUse":{"Count":{}},"Name":"${rule}"}`)
    expect(text).not.toContain('"SampledRequestsEnabled":true')
    expect(resourcesOf(full, 'AWS::WAFv2::WebACLAssociation')).toHaveLength(1)
  })

  test("a web ACL of the user's own is put in front", () => {
    const arn = `arn:aws:wafv2:eu-west-1:${ACCOUNT}:regional/webacl/mine/0a1b2c3d`
    const own = serviceTemplate({ ...baseConfig, prefix: 'walled', waf: { webAclArns: { 'eu-west-1': arn } } })
    expect(only(resourcesOf(own, 'AWS::WAFv2::WebACLAssociation')).Properties.WebACLArn).toBe(arn)
    expect(resourcesOf(own, 'AWS::WAFv2::WebACL')).toEqual([])
  })

  test('a custom domain has TLS 1.2, a mapping to the stage, and a record in its zone', () => {
    expect(only(resourcesOf(full, 'AWS::ApiGateway::DomainName')).Properties).toMatchObject({
      DomainName: 'eu-west-1.secrets.example.com',
      SecurityPolicy: 'TLS_1_2',
    })
    expect(resourcesOf(full, 'AWS::ApiGateway::BasePathMapping')).toHaveLength(1)
    expect(only(resourcesOf(full, 'AWS::Route53::RecordSet')).Properties.Name).toBe('eu-west-1.secrets.example.com.')
    expect(full.Outputs?.CofferDomainEndpoint?.Value).toBe('https://eu-west-1.secrets.example.com')
  })
})
