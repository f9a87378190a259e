import { SecretMaterial } from '../../lambda/core/domain/secret-material.ts'
import { StoreFailure } from '../../lambda/core/ports/secret-store.ts'
import { createSecretsManagerService } from '../../lambda/protocol/service.ts'
import { ACCOUNT, makeCoffer, ORIGIN, principalOf, REGION, type Coffer } from '../support/coffer.ts'

describe('the wire', () => {
  let coffer: Coffer
  const send = async (target: string | undefined, body: string | Buffer, rest = {}) => {
    const response = await coffer.raw({ target, body: Buffer.from(body), ...rest })
    return { ...response, json: JSON.parse(response.body || '{}') as Record<string, unknown> }
  }
  const create = (body: string | Buffer) => send('secretsmanager.CreateSecret', body)
  beforeEach(() => (coffer = makeCoffer()))
  afterEach(() => coffer.close())

  it('SM-WIRE-01 takes POST with the JSON 1.1 content type, parameters and case aside', async () => {
    const ok = await send('secretsmanager.ListSecrets', '{}', {
      contentType: 'Application/X-Amz-JSON-1.1; charset=utf-8',
    })
    expect(ok).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' } })
  })

  it.each([
    ['no target', undefined, {}],
    ['another service', 'DynamoDB_20120810.ListTables', {}],
    ['an unknown operation', 'secretsmanager.Nothing', {}],
    ['a name from the prototype', 'secretsmanager.constructor', {}],
    ['another method', 'secretsmanager.ListSecrets', { method: 'GET' }],
    ['another content type', 'secretsmanager.ListSecrets', { contentType: 'application/json' }],
    ['no content type', 'secretsmanager.ListSecrets', { contentType: undefined }],
  ])('SM-WIRE-01 refuses %s', async (_, target, rest) => {
    expect(await send(target, '{}', rest)).toMatchObject({ status: 400, json: { __type: 'UnknownOperationException' } })
  })

  it('SM-WIRE-02 an error has its bare code and its Message', async () => {
    const { json } = await send('secretsmanager.DescribeSecret', '{"SecretId":"nothing"}')
    expect(json).toMatchObject({
      __type: 'ResourceNotFoundException',
      Message: "Secrets Manager can't find the specified secret.",
    })
  })

  it('SM-WIRE-03 repeats the code in a header', async () => {
    const { headers } = await send('secretsmanager.DescribeSecret', '{"SecretId":"nothing"}')
    expect(headers['x-amzn-errortype']).toBe('ResourceNotFoundException')
  })

  it('SM-WIRE-04 not-found and access-denied are HTTP 400', async () => {
    const { status } = await send('secretsmanager.DescribeSecret', '{"SecretId":"nothing"}')
    expect(status).toBe(400)
  })

  it('SM-WIRE-06 ignores unknown members', async () => {
    expect(await create('{"Name":"a","ClientRequestToken":"' + 'x'.repeat(32) + '","Colour":{"a":[1]}}')).toMatchObject(
      {
        status: 200,
      },
    )
  })

  it.each([
    ['no JSON', '{'],
    ['an array', '[]'],
    ['a number', '5'],
    ['null', 'null'],
    ['a string where a structure is due', '"x"'],
    ['a number for a string', '{"Name":5}'],
    ['a structure for a string', '{"Name":{}}'],
    ['a string for a list', '{"Name":"a","Tags":"x"}'],
    ['null in a list', '{"Name":"a","Tags":[null]}'],
    ['bad base64', '{"Name":"a","SecretBinary":"*"}'],
    ['a lone surrogate', '{"Name":"a","SecretString":"\\ud800"}'],
    ['bad UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])('SM-WIRE-09 answers SerializationException to %s', async (_, body) => {
    expect(await create(body)).toMatchObject({ status: 400, json: { __type: 'SerializationException' } })
  })

  it.each(['1e400', '1.5', '1152921504606846976'])(
    'SM-WIRE-09 answers SerializationException to the number %s for an integer',
    async (number) => {
      const body = `{"MaxResults":${number}}`
      expect(await send('secretsmanager.ListSecrets', body)).toMatchObject({
        json: { __type: 'SerializationException' },
      })
    },
  )

  it('SM-WIRE-10 collects broken constraints in the words of the platform', async () => {
    const body = JSON.stringify({ Name: '', ClientRequestToken: 'short', Description: 'd'.repeat(2_049) })
    const { json } = await create(body)
    expect(json).toMatchObject({ __type: 'ValidationException' })
    expect(json.Message).toBe(
      "3 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
        "Value 'short' at 'clientRequestToken' failed to satisfy constraint: Member must have length greater than or equal to 32; " +
        `Value '${'d'.repeat(256)}...' at 'description' failed to satisfy constraint: Member must have length less than or equal to 2048`,
    )
  })

  it.each([
    ['DescribeSecret', '{}', "Value null at 'secretId' failed to satisfy constraint: Member must not be null"],
    [
      'ListSecrets',
      '{"MaxResults":101}',
      "Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100",
    ],
    [
      'ListSecrets',
      '{"MaxResults":0}',
      "Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      'GetRandomPassword',
      '{"PasswordLength":5000}',
      "Value '5000' at 'passwordLength' failed to satisfy constraint: Member must have value less than or equal to 4096",
    ],
    [
      'ListSecrets',
      '{"Filters":[{"Key":"name","Values":["ok"]},{"Key":"name","Values":["a;b"]}]}',
      "Value 'a;b' at 'filters.2.member.values.1.member' failed to satisfy constraint: Member must satisfy regular expression pattern: ^\\!?[a-zA-Z0-9 :_@\\/\\+\\=\\.\\-\\!]*$",
    ],
    [
      'BatchGetSecretValue',
      `{"SecretIdList":${JSON.stringify(Array(21).fill('a'))}}`,
      "Value at 'secretIdList' failed to satisfy constraint: Member must have length less than or equal to 20",
    ],
  ])('SM-WIRE-10 %s %s', async (operation, body, message) => {
    const { json } = await send(`secretsmanager.${operation}`, body)
    expect(json.Message).toBe(`1 validation error detected: ${message}`)
  })

  it('SM-WIRE-10 never repeats a sensitive value', async () => {
    const secret = 'canary'.repeat(20_000)
    const { body } = await create(
      JSON.stringify({ Name: 'a', SecretString: secret, ClientRequestToken: 'x'.repeat(32) }),
    )
    expect(body).toContain('ValidationException')
    expect(body).not.toContain('canary')
  })

  it('SM-WIRE-11 a fault inside is a 500 that says nothing, and its cause is for the log', async () => {
    coffer.store.load = async () => {
      throw new StoreFailure('unavailable', 'disk I/O error at /private/path')
    }
    const response = await send('secretsmanager.DescribeSecret', '{"SecretId":"a"}')
    expect(response).toMatchObject({
      status: 500,
      json: { __type: 'InternalServiceError', Message: 'An error occurred on the server side.' },
    })
    expect(response.body).not.toContain('private')
    expect(response.report).toMatchObject({ operation: 'DescribeSecret', fault: expect.any(StoreFailure) })
  })

  it('a throttled store is ThrottlingException', async () => {
    coffer.store.load = async () => {
      throw new StoreFailure('throttled', 'too many')
    }
    const { json } = await send('secretsmanager.DescribeSecret', '{"SecretId":"a"}')
    expect(json).toMatchObject({ __type: 'ThrottlingException', Message: 'Rate exceeded' })
  })

  it('SM-ORDER-01 shape comes before name syntax, that before the token, that before the look-up', async () => {
    const put = async (input: Record<string, unknown>) =>
      (await send('secretsmanager.PutSecretValue', JSON.stringify(input))).json.Message
    const token = 'x'.repeat(32)
    expect(await put({ SecretId: 'bad name', VersionStages: [] })).toMatch(/versionStages/)
    expect(await put({ SecretId: 'bad name', SecretString: 'v' })).toMatch(/^Invalid name/)
    expect(await put({ SecretId: 'nothing', SecretString: 'v' })).toMatch(/ClientRequestToken/)
    expect(await put({ SecretId: 'nothing', SecretString: 'v', ClientRequestToken: token })).toMatch(/can't find/)
    expect(await put({ SecretId: 'nothing', ClientRequestToken: token })).toMatch(/can't find/)
    const foreign = 'arn:aws:secretsmanager:us-east-1:999999999999:secret:a-abcdef'
    expect(await put({ SecretId: foreign, SecretString: 'v', ClientRequestToken: token })).toMatch(/is not authorized/)
  })

  it('tells which operations are not offered yet', async () => {
    const none = createSecretsManagerService(coffer.services, {})
    const answer = await none({
      method: 'POST',
      target: 'secretsmanager.StopReplicationToReplica',
      contentType: 'application/x-amz-json-1.1',
      body: Buffer.from('{"SecretId":"a"}'),
      principal: principalOf(ACCOUNT),
      origin: ORIGIN,
      region: REGION,
      requestId: 'r',
    })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toMatchObject({
      __type: 'InvalidRequestException',
      Message: expect.stringMatching(/does not offer StopReplicationToReplica yet/),
    })
  })

  it('a member named __proto__ is data and pollutes nothing', async () => {
    const body = `{"Name":"a","ClientRequestToken":"${'x'.repeat(32)}","__proto__":{"SecretString":"v"},"Tags":[{"Key":"k","Value":"v","__proto__":{"x":1}}]}`
    expect((await create(body)).status).toBe(200)
    expect(({} as Record<string, unknown>).SecretString).toBeUndefined()
    const { json } = await send('secretsmanager.DescribeSecret', '{"SecretId":"a"}')
    expect(json).not.toHaveProperty('VersionIdsToStages')
  })

  it('an empty body is an empty input', async () => {
    expect((await send('secretsmanager.ListSecrets', '')).status).toBe(200)
  })
})

describe('secret material', () => {
  it('prints as [redacted] wherever it is printed', async () => {
    const { inspect, format } = await import('node:util')
    const material = new SecretMaterial('string', Buffer.from('canary'))
    for (const shown of [
      String(material),
      JSON.stringify({ material }),
      inspect({ material }),
      format('%s %o', material, material),
    ])
      expect(shown).not.toMatch(/canary|99,97|63 61/)
  })
})
