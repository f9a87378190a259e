import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { hash } from 'node:crypto'
import { join } from 'node:path'
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaServiceException,
  ListAliasesCommand,
  ListFunctionsCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PutFunctionConcurrencyCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type CreateFunctionCommandInput,
  type LambdaClient,
  type ListFunctionsCommandOutput,
} from '@aws-sdk/client-lambda'
import { callSigned } from '../../support/running-server.ts'
import { suiteDirectories } from '../../../support/suite-directories.ts'
import {
  ACCOUNT,
  CODE,
  GIVEN,
  OTHER,
  REGION,
  ROLE,
  startFunctions,
  zip,
  type FunctionsServer,
  type Signer,
} from '../support/functions-server.ts'
import { StubRunner } from '../support/stub-runner.ts'

const makeDirectory = suiteDirectories()
const directory = makeDirectory()
const runner = new StubRunner()
let server: FunctionsServer
let admin: Signer
let lambda: LambdaClient

beforeAll(async () => {
  server = await startFunctions({ directory, runner })
  await server.role('rotation')
  admin = await server.admin()
  lambda = server.client(admin)
})
afterAll(() => server.close())
beforeEach(() => {
  runner.result = {}
})

const arnOf = (name: string, account = ACCOUNT): string => `arn:aws:lambda:${REGION}:${account}:function:${name}`
const make = (name: string, given: Partial<CreateFunctionCommandInput> = {}) =>
  lambda.send(new CreateFunctionCommand({ FunctionName: name, ...GIVEN, ...given }))
const folders = (): string[] => readdirSync(join(directory, 'functions'))
/** Name and status of the error. */
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => {
      if (!(error instanceof LambdaServiceException)) throw error
      return `${error.$metadata.httpStatusCode ?? 0} ${error.name}: ${error.message}`
    },
  )

describe('a function that is created', () => {
  it('is described by the answer, by GetFunction and by GetFunctionConfiguration alike', async () => {
    const made = await make('described', { Environment: { Variables: { A: '1' } }, Tags: { stage: 'x' }, Timeout: 30 })
    expect(made).toMatchObject({
      FunctionName: 'described',
      FunctionArn: arnOf('described'),
      Runtime: 'nodejs24.x',
      Role: ROLE,
      Handler: 'index.handler',
      Timeout: 30,
      MemorySize: 128,
      Version: '$LATEST',
      State: 'Active',
      LastUpdateStatus: 'Successful',
      PackageType: 'Zip',
      CodeSha256: hash('sha256', CODE, 'base64'),
      CodeSize: CODE.length,
      Environment: { Variables: { A: '1' } },
    })
    expect(made.LastModified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/)
    const { $metadata: _, ...described } = made
    const shown = await lambda.send(new GetFunctionCommand({ FunctionName: 'described' }))
    expect(shown).toMatchObject({ Configuration: described, Tags: { stage: 'x' } })
    expect(shown.Code?.Location).toBeUndefined()
    expect(await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: arnOf('described') }))).toMatchObject(
      described,
    )
  })

  it('has its code in a folder of its own, which nobody else can read and nobody writes to', async () => {
    await make('private')
    await lambda.send(new InvokeCommand({ FunctionName: 'private' }))
    const { folder } = runner.last.fn
    expect(folder.startsWith(join(directory, 'functions'))).toBe(true)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'index.mjs')).mode & 0o777).toBe(0o400)
    expect(readFileSync(join(folder, 'index.mjs'), 'utf8')).toContain('handler')
  })

  it.each([
    ['nodejs16.x', { Runtime: 'nodejs16.x' }, /400 InvalidParameterValueException: Value "nodejs16.x" at 'runtime'/],
    ['java21', { Runtime: 'java21' }, /Member must satisfy enum value set/],
    ['no runtime', { Runtime: undefined }, /Runtime and Handler are mandatory/],
    ['a bad name', { FunctionName: 'a b' }, /400 InvalidParameterValueException: 1 validation error/],
    ['a name that goes up', { FunctionName: '../../etc' }, /400 InvalidParameterValueException/],
    ['a name that is too long', { FunctionName: 'n'.repeat(65) }, /400 InvalidParameterValueException/],
    ['the name of managed rotation', { FunctionName: 'coffer-managed-rotation' }, /is built in/],
    ['a timeout beyond 15 minutes', { Timeout: 901 }, /Timeout: expected 1 to 900/],
    ['too little memory', { MemorySize: 64 }, /MemorySize: expected 128 to 10240/],
    ['a reserved variable', { Environment: { Variables: { AWS_REGION: 'x' } } }, /reserved keys.*AWS_REGION/],
    ['too many variables', { Environment: { Variables: { A: 's3cret'.repeat(1000) } } }, /exceeded the 4KB limit/],
    ['code from S3', { Code: { S3Bucket: 'bucket', S3Key: 'key' } }, /S3.*cannot be had here/],
    ['an image', { Code: { ImageUri: 'x' }, PackageType: 'Image' }, /container image cannot be had here/],
    ['a layer', { Layers: ['arn:aws:lambda:eu-west-1:1:layer:x:1'] }, /layer cannot be had here/],
    ['a version', { Publish: true }, /published version cannot be had here/],
    ['no code', { Code: {} }, /ZipFile/],
    ['an empty zip file', { Code: { ZipFile: new Uint8Array() } }, /non-empty zip|ZipFile/],
    ['no zip file', { Code: { ZipFile: Buffer.from('hello') } }, /Could not unzip uploaded file/],
  ] as const)('is refused with %s, and leaves nothing behind', async (_, given, message) => {
    const before = folders()
    const problem = await refusal(make('refused', given as Partial<CreateFunctionCommandInput>))
    expect(problem).toMatch(message)
    expect(problem).not.toContain('s3cret')
    expect(folders()).toEqual(before)
  })

  it('is not created a second time, and the first stays', async () => {
    await make('twice', { Description: 'first' })
    const before = folders()
    expect(await refusal(make('twice', { Description: 'second' }))).toBe(
      '409 ResourceConflictException: Function already exist: twice',
    )
    expect(await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'twice' }))).toMatchObject({
      Description: 'first',
    })
    expect(folders()).toEqual(before)
  })

  it('is created once by two who ask at the same time', async () => {
    const before = folders().length
    const outcomes = await Promise.all([refusal(make('race')), refusal(make('race'))])
    expect(outcomes.sort()).toEqual([expect.stringContaining('409 ResourceConflict'), 'done'])
    expect(folders()).toHaveLength(before + 1)
  })

  it('needs a role on the wire, unless the request says that it does without', async () => {
    const body = JSON.stringify({
      ...GIVEN,
      Role: undefined,
      FunctionName: 'bare',
      Code: { ZipFile: CODE.toString('base64') },
    })
    const call = { path: '/2015-03-31/functions', service: 'lambda', region: REGION, credentials: admin, body }
    const refused = await callSigned(server.url, { ...call, headers: {} })
    expect([refused.status, await refused.json()]).toMatchObject([400, { message: expect.stringContaining("'role'") }])
    const made = await callSigned(server.url, { ...call, headers: { 'x-coffer-without-role': 'true' } })
    expect([made.status, await made.json()]).toMatchObject([201, { FunctionName: 'bare' }])
    await lambda.send(new InvokeCommand({ FunctionName: 'bare' }))
    expect(runner.last.fn.credentials).toBeUndefined()
  })
})

describe('the role of a function', () => {
  it.each([
    ['is not there', `arn:aws:iam::${ACCOUNT}:role/nobody`, /cannot be assumed by Lambda/],
    ['is of another account', `arn:aws:iam::${OTHER}:role/rotation`, /Cross-account pass role is not allowed/],
    ['is no ARN of one', 'rotation', /Role: expected the ARN of a role/],
  ])('is refused where it %s', async (_, Role, message) => {
    expect(await refusal(make('role', { Role }))).toMatch(message)
  })

  it('is refused where its trust policy names another service, or Lambda for another account', async () => {
    const others = [
      await server.role('ec2', { Service: 'ec2.amazonaws.com' }),
      await server.role('user', { AWS: `arn:aws:iam::${ACCOUNT}:root` }),
      await server.role('far', { Service: 'lambda.amazonaws.com' }, { StringEquals: { 'aws:SourceAccount': OTHER } }),
    ]
    for (const Role of others) expect(await refusal(make('role', { Role }))).toMatch(/cannot be assumed by Lambda/)
  })

  it('is accepted where its trust policy asks for the function', async () => {
    const condition = { ArnLike: { 'aws:SourceArn': arnOf('near*') } }
    const Role = await server.role('near', { Service: 'lambda.amazonaws.com' }, condition)
    expect(await refusal(make('near-one', { Role }))).toBe('done')
    expect(await refusal(make('elsewhere', { Role }))).toMatch(/cannot be assumed/)
  })

  it('must be one that the caller may pass to Lambda', async () => {
    const own = { Effect: 'Allow', Action: 'lambda:*', Resource: '*' }
    const pass = (service: string) => ({
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: ROLE,
      Condition: { StringEquals: { 'iam:PassedToService': service } },
    })
    const attempt = async (name: string, statements: readonly object[]) =>
      refusal(
        server
          .client(await server.user(name, statements))
          .send(new CreateFunctionCommand({ FunctionName: name, ...GIVEN })),
      )
    expect(await attempt('no-pass', [own])).toMatch(
      /^403 AccessDeniedException: .* iam:PassRole on resource: .*rotation/,
    )
    expect(await attempt('pass-ec2', [own, pass('ec2.amazonaws.com')])).toMatch(/^403 AccessDeniedException/)
    expect(await attempt('pass-lambda', [own, pass('lambda.amazonaws.com')])).toBe('done')
  })

  it('gives its processes credentials of a session of it, under the name of the function', async () => {
    await make('session')
    await lambda.send(new InvokeCommand({ FunctionName: 'session' }))
    const credentials = runner.last.fn.credentials?.()
    const opened = server.identities.sessions.open(credentials!.accessKeyId, credentials!.sessionToken)
    expect(opened?.principal.arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/rotation/session`)
    expect(credentials!.expiresAt - Date.now()).toBeGreaterThan(3_500_000)
  })

  it('that was deleted since keeps the function from running', async () => {
    await make('orphan', { Role: await server.role('gone') })
    await server.dropRole('gone')
    const count = runner.ran.length
    expect(await refusal(lambda.send(new InvokeCommand({ FunctionName: 'orphan' })))).toMatch(/cannot be assumed/)
    expect(runner.ran).toHaveLength(count)
  })
})

describe('a change', () => {
  it('of the code takes its place at once, and the old code goes', async () => {
    await make('changed')
    await lambda.send(new InvokeCommand({ FunctionName: 'changed' }))
    const before = runner.last.fn
    const count = folders().length
    const ZipFile = zip({ 'index.mjs': 'export const handler = () => 2' })
    const answer = await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'changed', ZipFile }))
    expect(answer.CodeSha256).toBe(hash('sha256', ZipFile, 'base64'))
    await lambda.send(new InvokeCommand({ FunctionName: 'changed' }))
    const after = runner.last.fn
    expect(after.folder).not.toBe(before.folder)
    expect(after.revisionId).not.toBe(before.revisionId)
    expect(existsSync(before.folder)).toBe(false)
    expect(folders()).toHaveLength(count)
  })

  it('of the code leaves the old to an invocation that runs it', async () => {
    await make('busy')
    let open = (): void => undefined
    runner.gate = new Promise<void>((resolve) => (open = resolve))
    const count = runner.ran.length
    const running = lambda.send(new InvokeCommand({ FunctionName: 'busy' }))
    while (runner.ran.length === count) await new Promise((resolve) => setImmediate(resolve))
    const { folder } = runner.last.fn
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'busy', ZipFile: CODE }))
    const isThere = existsSync(folder)
    open()
    runner.gate = Promise.resolve()
    expect(isThere).toBe(true)
    await running
    while (existsSync(folder)) await new Promise((resolve) => setImmediate(resolve))
  })

  it('of the code that cannot be unpacked changes nothing', async () => {
    await make('kept')
    const before = folders()
    const ZipFile = Buffer.concat([CODE.subarray(0, 40), Buffer.alloc(20), CODE.subarray(60)])
    expect(await refusal(lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'kept', ZipFile })))).toMatch(
      /400 InvalidParameterValueException: Could not unzip/,
    )
    expect(folders()).toEqual(before)
    const { CodeSha256 } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'kept' }))
    expect(CodeSha256).toBe(hash('sha256', CODE, 'base64'))
  })

  it('that is tried only changes nothing', async () => {
    const { RevisionId } = await make('tried')
    const before = folders()
    await lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'tried', ZipFile: zip({ 'a.py': '' }), DryRun: true }),
    )
    expect(await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'tried' }))).toMatchObject({
      RevisionId,
    })
    expect(folders()).toEqual(before)
  })

  it('of the configuration sets what is given and leaves the rest', async () => {
    await make('set', { Environment: { Variables: { A: '1' } }, Timeout: 20 })
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'set', MemorySize: 256 }))
    const after = await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: 'set', Environment: { Variables: { B: '2' } } }),
    )
    expect(after).toMatchObject({ Timeout: 20, MemorySize: 256, Environment: { Variables: { B: '2' } } })
    await lambda.send(new InvokeCommand({ FunctionName: 'set' }))
    expect(runner.last.fn).toMatchObject({
      memoryMb: 256,
      environment: { B: '2', AWS_ENDPOINT_URL: server.url, SECRETS_MANAGER_ENDPOINT: server.url },
    })
  })

  it('of another revision than the caller saw is refused', async () => {
    const { RevisionId } = await make('revised')
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'revised', Timeout: 9, RevisionId }))
    const stale = [
      lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'revised', Timeout: 8, RevisionId })),
      lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'revised', ZipFile: CODE, RevisionId })),
    ]
    for (const call of stale) expect(await refusal(call)).toMatch(/^412 PreconditionFailedException/)
  })

  it('lets the function set where Coffer is itself', async () => {
    await make('own', { Environment: { Variables: { SECRETS_MANAGER_ENDPOINT: 'http://elsewhere' } } })
    await lambda.send(new InvokeCommand({ FunctionName: 'own' }))
    expect(runner.last.fn.environment).toMatchObject({ SECRETS_MANAGER_ENDPOINT: 'http://elsewhere' })
  })
})

describe('DeleteFunction', () => {
  it('removes function, code and processes, and nobody hears of it again', async () => {
    await make('deleted')
    const count = folders().length
    await lambda.send(new DeleteFunctionCommand({ FunctionName: 'deleted' }))
    expect(folders()).toHaveLength(count - 1)
    expect(runner.forgotten).toContain(arnOf('deleted'))
    expect(await refusal(lambda.send(new GetFunctionCommand({ FunctionName: 'deleted' })))).toBe(
      `404 ResourceNotFoundException: Function not found: ${arnOf('deleted')}`,
    )
  })

  it('of what is not there is refused', async () => {
    expect(await refusal(lambda.send(new DeleteFunctionCommand({ FunctionName: 'never' })))).toMatch(/^404/)
  })
})

describe('ListFunctions', () => {
  it('pages through the functions of the account and Region, each once', async () => {
    const other = server.client(admin, 'ap-south-1')
    await server.role('rotation')
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await other.send(new CreateFunctionCommand({ FunctionName: name, ...GIVEN }))
    const names: (string | undefined)[] = []
    let Marker: string | undefined
    do {
      const page: ListFunctionsCommandOutput = await other.send(
        new ListFunctionsCommand({ MaxItems: 2, ...(Marker !== undefined && { Marker }) }),
      )
      names.push(...page.Functions!.map(({ FunctionName }) => FunctionName))
      Marker = page.NextMarker
    } while (Marker !== undefined)
    expect(names).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('shows an account nothing of another', async () => {
    const stranger = server.client(await server.admin(OTHER))
    expect((await stranger.send(new ListFunctionsCommand({}))).Functions).toEqual([])
    await make('mine')
    expect(await refusal(stranger.send(new GetFunctionCommand({ FunctionName: 'mine' })))).toMatch(/^404/)
    expect(await refusal(stranger.send(new GetFunctionCommand({ FunctionName: arnOf('mine') })))).toMatch(/^403/)
    expect(await refusal(stranger.send(new InvokeCommand({ FunctionName: arnOf('mine') })))).toMatch(/^403/)
  })

  it('refuses a marker that it did not give', async () => {
    expect(await refusal(lambda.send(new ListFunctionsCommand({ Marker: '!!!' })))).toMatch(/^400 .*Marker/)
  })
})

describe('Invoke', () => {
  beforeAll(() => make('run'))

  it('gives the event to the function and its result back', async () => {
    const answer = await lambda.send(new InvokeCommand({ FunctionName: 'run', Payload: Buffer.from('{"a":"é"}') }))
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' })
    expect(answer.FunctionError).toBeUndefined()
    expect(answer.LogResult).toBeUndefined()
    expect(Buffer.from(answer.Payload!).toString()).toBe('{"a":"é"}')
    expect(runner.last.options?.requestId).toBe(answer.$metadata.requestId)
  })

  it.each(['failed', 'timed-out'] as const)('tells that the function %s', async (status) => {
    runner.result = { status, payload: Buffer.from('{"errorMessage":"no"}') }
    const answer = await lambda.send(new InvokeCommand({ FunctionName: 'run', LogType: 'Tail' }))
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' })
    expect(Buffer.from(answer.LogResult!, 'base64').toString()).toBe('START\nEND\n')
    expect(Buffer.from(answer.Payload!).toString()).toBe('{"errorMessage":"no"}')
  })

  it('is refused while the function runs as often as it may', async () => {
    runner.result = { status: 'throttled' }
    expect(await refusal(lambda.send(new InvokeCommand({ FunctionName: 'run' })))).toMatch(
      /^429 TooManyRequestsException/,
    )
  })

  it('does not wait for an event', async () => {
    let open = (): void => undefined
    runner.gate = new Promise<void>((resolve) => (open = resolve))
    const answer = await lambda.send(new InvokeCommand({ FunctionName: 'run', InvocationType: 'Event' }))
    expect(answer.StatusCode).toBe(202)
    open()
    runner.gate = Promise.resolve()
  })

  it('only looks whether it might be, for a dry run', async () => {
    const count = runner.ran.length
    const answer = await lambda.send(new InvokeCommand({ FunctionName: 'run', InvocationType: 'DryRun' }))
    expect(answer.StatusCode).toBe(204)
    expect(runner.ran).toHaveLength(count)
  })

  it('hands the client context over, decoded', async () => {
    const ClientContext = Buffer.from('{"custom":{"a":"b"}}').toString('base64')
    await lambda.send(new InvokeCommand({ FunctionName: 'run', ClientContext }))
    expect(runner.last.options?.clientContext).toBe('{"custom":{"a":"b"}}')
  })

  it.each([
    ['what is no JSON', { Payload: Buffer.from('{no') }, /^400 InvalidRequestContentException/],
    ['another version', { Qualifier: '1' }, /^404 ResourceNotFoundException/],
    ['an alias', { FunctionName: `${arnOf('run')}:live` }, /^404 ResourceNotFoundException/],
    ['another Region', { FunctionName: arnOf('run').replace(REGION, 'us-east-1') }, /not reachable in this region/],
    ['more than 6 MB', { Payload: Buffer.alloc(6 * 1024 * 1024 + 1, '1') }, /^413 RequestTooLargeException/],
    ['a kind that is none', { InvocationType: 'Later' as 'Event' }, /^400 InvalidParameterValueException/],
  ])('refuses %s', async (_, given, message) => {
    expect(await refusal(lambda.send(new InvokeCommand({ FunctionName: 'run', ...given })))).toMatch(message)
  })

  it('takes the name, the short form and the ARN, with $LATEST or without', async () => {
    for (const FunctionName of [
      'run',
      `${ACCOUNT}:function:run`,
      `function:run`,
      arnOf('run'),
      `${arnOf('run')}:$LATEST`,
    ])
      expect((await lambda.send(new InvokeCommand({ FunctionName }))).StatusCode).toBe(200)
  })

  it('takes an event of nearly 6 MB', async () => {
    const Payload = Buffer.from(JSON.stringify('x'.repeat(6 * 1024 * 1024 - 10)))
    expect((await lambda.send(new InvokeCommand({ FunctionName: 'run', Payload }))).Payload).toHaveLength(
      Payload.length,
    )
  })
})

describe('who may do what', () => {
  const only = (Action: string, Resource = '*') => [{ Effect: 'Allow', Action, Resource }]
  beforeAll(() => make('guarded'))

  it.each([
    ['lambda:CreateFunction', new CreateFunctionCommand({ FunctionName: 'x', ...GIVEN })],
    ['lambda:GetFunction', new GetFunctionCommand({ FunctionName: 'guarded' })],
    ['lambda:GetFunctionConfiguration', new GetFunctionConfigurationCommand({ FunctionName: 'guarded' })],
    ['lambda:UpdateFunctionCode', new UpdateFunctionCodeCommand({ FunctionName: 'guarded', ZipFile: CODE })],
    ['lambda:UpdateFunctionConfiguration', new UpdateFunctionConfigurationCommand({ FunctionName: 'guarded' })],
    ['lambda:DeleteFunction', new DeleteFunctionCommand({ FunctionName: 'guarded' })],
    ['lambda:ListFunctions', new ListFunctionsCommand({})],
    ['lambda:InvokeFunction', new InvokeCommand({ FunctionName: 'guarded' })],
    ['lambda:GetPolicy', new GetPolicyCommand({ FunctionName: 'guarded' })],
    ['lambda:RemovePermission', new RemovePermissionCommand({ FunctionName: 'guarded', StatementId: 'x' })],
    [
      'lambda:AddPermission',
      new AddPermissionCommand({
        FunctionName: 'guarded',
        StatementId: 's',
        Action: 'lambda:InvokeFunction',
        Principal: 'secretsmanager.amazonaws.com',
      }),
    ],
    ['lambda:ListTags', new ListTagsCommand({ Resource: arnOf('guarded') })],
    ['lambda:TagResource', new TagResourceCommand({ Resource: arnOf('guarded'), Tags: { a: 'b' } })],
    ['lambda:UntagResource', new UntagResourceCommand({ Resource: arnOf('guarded'), TagKeys: ['a'] })],
    ['lambda:ListVersionsByFunction', new ListVersionsByFunctionCommand({ FunctionName: 'guarded' })],
    [
      'lambda:PutFunctionConcurrency',
      new PutFunctionConcurrencyCommand({ FunctionName: 'guarded', ReservedConcurrentExecutions: 1 }),
    ],
  ] as const)('%s is asked for, whether the function is there or not', async (action, command) => {
    const nobody = server.client(await server.user(`n-${action.slice(7)}`, []))
    const problem = await refusal(
      // Which of them it is, makes no difference to the client.
      nobody.send(command as unknown as GetFunctionCommand),
    )
    expect(problem).toMatch(new RegExp(`^403 AccessDeniedException: User: .* is not authorized to perform: ${action}`))
  })

  it('a user with the action on one function has it on no other', async () => {
    const user = server.client(await server.user('one', only('lambda:GetFunction', arnOf('guarded'))))
    expect(await refusal(user.send(new GetFunctionCommand({ FunctionName: 'guarded' })))).toBe('done')
    expect(await refusal(user.send(new GetFunctionCommand({ FunctionName: 'nowhere' })))).toMatch(/^403/)
  })

  it('logs are read by who may read log events of the function', async () => {
    const read = async (name: string, statements: readonly object[]) =>
      callSigned(server.url, {
        method: 'GET',
        path: '/_coffer/functions/guarded/logs',
        service: 'lambda',
        region: REGION,
        headers: {},
        credentials: await server.user(name, statements),
      })
    expect((await read('no-logs', only('lambda:*'))).status).toBe(403)
    const group = `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/guarded:*`
    const answer = await read('logs', only('logs:FilterLogEvents', group))
    expect(await answer.json()).toMatchObject({ events: [{ text: `hello from ${arnOf('guarded')}` }] })
  })

  it('a request that nobody signed well is refused in words that Lambda clients read', async () => {
    const wrong = server.client({ ...admin, secretAccessKey: 'another-secret-access-key' })
    expect(await refusal(wrong.send(new ListFunctionsCommand({})))).toMatch(/^403 \w*Signature\w*/)
  })

  it('what the policy of a function allows to another account, it may where its own policies allow it too', async () => {
    await make('shared')
    await lambda.send(
      new AddPermissionCommand({
        FunctionName: 'shared',
        StatementId: 'other',
        Action: 'lambda:InvokeFunction',
        Principal: OTHER,
      }),
    )
    const invoke = new InvokeCommand({ FunctionName: arnOf('shared') })
    const allowed = server.client(await server.user('far', only('lambda:InvokeFunction'), OTHER))
    const nobody = server.client(await server.user('near', [], OTHER))
    expect(await refusal(allowed.send(invoke))).toBe('done')
    expect(await refusal(nobody.send(invoke))).toMatch(/^403/)
    expect(await refusal(allowed.send(new GetFunctionCommand({ FunctionName: arnOf('shared') })))).toMatch(/^403/)
  })
})

describe('the policy of a function', () => {
  const permission = (FunctionName: string, StatementId: string, given: object = {}) =>
    new AddPermissionCommand({
      FunctionName,
      StatementId,
      Action: 'lambda:InvokeFunction',
      Principal: 'secretsmanager.amazonaws.com',
      ...given,
    })

  it('holds the statements that were added, with their conditions', async () => {
    await make('permitted')
    const { Statement } = await lambda.send(
      permission('permitted', 'rotation', {
        SourceAccount: ACCOUNT,
        SourceArn: 'arn:aws:secretsmanager:*:*:secret:db*',
      }),
    )
    const expected = {
      Sid: 'rotation',
      Effect: 'Allow',
      Principal: { Service: 'secretsmanager.amazonaws.com' },
      Action: 'lambda:InvokeFunction',
      Resource: arnOf('permitted'),
      Condition: {
        StringEquals: { 'AWS:SourceAccount': ACCOUNT },
        ArnLike: { 'AWS:SourceArn': 'arn:aws:secretsmanager:*:*:secret:db*' },
      },
    }
    expect(JSON.parse(Statement!)).toEqual(expected)
    await lambda.send(permission('permitted', 'account', { Principal: OTHER }))
    await lambda.send(permission('permitted', 'all', { Principal: '*', PrincipalOrgID: 'o-abcdefghij' }))
    const { Policy, RevisionId } = await lambda.send(new GetPolicyCommand({ FunctionName: 'permitted' }))
    expect(JSON.parse(Policy!)).toEqual({
      Version: '2012-10-17',
      Id: 'default',
      Statement: [
        expected,
        expect.objectContaining({ Sid: 'account', Principal: { AWS: `arn:aws:iam::${OTHER}:root` } }),
        expect.objectContaining({
          Principal: '*',
          Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } },
        }),
      ],
    })
    expect(RevisionId).toMatch(/^[\da-f-]{36}$/)
  })

  it('does not start the function anew', async () => {
    await make('warm')
    await lambda.send(new InvokeCommand({ FunctionName: 'warm' }))
    const before = runner.last.fn.revisionId
    await lambda.send(permission('warm', 'one'))
    await lambda.send(new InvokeCommand({ FunctionName: 'warm' }))
    expect(runner.last.fn.revisionId).toBe(before)
  })

  it('is not there before a statement, nor after the last is removed', async () => {
    await make('bare-policy')
    const get = new GetPolicyCommand({ FunctionName: 'bare-policy' })
    expect(await refusal(lambda.send(get))).toMatch(/^404 ResourceNotFoundException/)
    await lambda.send(permission('bare-policy', 'one'))
    await lambda.send(new RemovePermissionCommand({ FunctionName: 'bare-policy', StatementId: 'one' }))
    expect(await refusal(lambda.send(get))).toMatch(/^404 ResourceNotFoundException/)
    expect(
      await refusal(lambda.send(new RemovePermissionCommand({ FunctionName: 'bare-policy', StatementId: 'one' }))),
    ).toMatch(/^404 ResourceNotFoundException: Statement one is not found/)
  })

  it.each([
    ['a second statement of an id', { StatementId: 'first' }, /^409 ResourceConflictException/],
    ['an action of another service', { Action: 's3:GetObject' }, /^400 InvalidParameterValueException: Action/],
    ['a user who is not there', { Principal: `arn:aws:iam::${ACCOUNT}:user/nobody` }, /principal was invalid/],
    ['a service that is none', { Principal: 'somebody' }, /principal was invalid/],
    ['an account that is none', { SourceAccount: '12' }, /SourceAccount: expected twelve digits/],
    ['an id with other characters', { StatementId: 'a b' }, /StatementId: expected/],
    ['a function URL', { FunctionUrlAuthType: 'NONE' }, /function URL cannot be had here/],
    ['another revision', { RevisionId: 'old' }, /^412 PreconditionFailedException/],
  ])('refuses %s', async (_, given, message) => {
    await make('strict').catch(() => undefined)
    await lambda.send(permission('strict', 'first')).catch(() => undefined)
    expect(await refusal(lambda.send(permission('strict', 'second', given)))).toMatch(message)
  })

  it('ends at 20 KB', async () => {
    await make('long')
    const SourceArn = `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:${'x'.repeat(1900)}`
    const outcomes = []
    for (let index = 0; index < 11; index++)
      outcomes.push(await refusal(lambda.send(permission('long', `s${index}`, { SourceArn }))))
    expect(outcomes.at(-1)).toMatch(/^400 PolicyLengthExceededException: The final policy size \(\d+\)/)
    expect(outcomes.slice(0, 8)).toEqual(Array(8).fill('done'))
  })
})

describe('what tools read along', () => {
  beforeAll(() => make('tool', { Tags: { a: '1', b: '2' } }))

  it('tags are set, removed and listed', async () => {
    const Resource = arnOf('tool')
    await lambda.send(new TagResourceCommand({ Resource, Tags: { c: '3' } }))
    await lambda.send(new UntagResourceCommand({ Resource, TagKeys: ['a', 'b'] }))
    expect((await lambda.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ c: '3' })
  })

  it('reserved concurrency limits the function, and is removed', async () => {
    const FunctionName = 'tool'
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 3 }))
    expect((await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }))).ReservedConcurrentExecutions).toBe(
      3,
    )
    expect(await lambda.send(new GetFunctionCommand({ FunctionName }))).toMatchObject({
      Concurrency: { ReservedConcurrentExecutions: 3 },
    })
    await lambda.send(new InvokeCommand({ FunctionName }))
    expect(runner.last.fn.maxConcurrency).toBe(3)
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }))
    await lambda.send(new InvokeCommand({ FunctionName }))
    expect(runner.last.fn.maxConcurrency).toBe(10)
  })

  it('there is one version, no alias and no code signing', async () => {
    const FunctionName = 'tool'
    const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))
    expect(Versions?.map(({ Version }) => Version)).toEqual(['$LATEST'])
    expect((await lambda.send(new ListAliasesCommand({ FunctionName }))).Aliases).toEqual([])
    const signing = await lambda.send(new GetFunctionCodeSigningConfigCommand({ FunctionName }))
    expect(signing.CodeSigningConfigArn).toBeUndefined()
  })

  it.each([
    ['POST', '/2015-03-31/functions/tool/versions', 'A published version'],
    ['POST', '/2015-03-31/functions/tool/aliases', 'An alias'],
    ['GET', '/2015-03-31/functions/tool/aliases/live', 'An alias'],
    ['GET', '/2018-10-31/layers?find=LayerVersion', 'A layer'],
    ['POST', '/2015-03-31/event-source-mappings/', 'An event source mapping'],
    ['POST', '/2021-10-31/functions/tool/url', 'A function URL'],
    ['PUT', '/2019-09-30/functions/tool/provisioned-concurrency?Qualifier=1', 'Provisioned concurrency'],
  ])('says of %s %s that it is not offered', async (method, path, what) => {
    const call = { method, path, service: 'lambda', region: REGION, credentials: admin, headers: {} }
    const answer = await callSigned(server.url, call)
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, 'InvalidParameterValueException'])
    expect(await answer.json()).toMatchObject({
      message: expect.stringContaining(`${what} cannot be had here`) as string,
    })
  })

  it('says of what is no operation of Lambda that there is none', async () => {
    const call = { path: '/2015-03-31/functions/tool/nonsense', service: 'lambda', region: REGION, credentials: admin }
    const answer = await callSigned(server.url, { ...call, headers: {} })
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([404, 'UnknownOperationException'])
  })
})

describe('the log of the server', () => {
  it('names operation, function and caller, and holds nothing that was given', async () => {
    const before = server.output.lines.length
    await make('logged', { Environment: { Variables: { TOKEN: 'canary-in-environment' } } })
    await lambda.send(new InvokeCommand({ FunctionName: 'logged', Payload: Buffer.from('"canary-in-event"') }))
    const lines = server.output.lines.slice(before)
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { service: 'lambda', operation: 'CreateFunction', resource: arnOf('logged'), status: 201, principal: admin.arn },
      { service: 'lambda', operation: 'Invoke', resource: arnOf('logged'), status: 200 },
    ])
    expect(lines.join('')).not.toContain('canary')
  })
})
