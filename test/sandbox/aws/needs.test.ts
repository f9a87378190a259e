import { kmsService } from '../../../local/kms/kms-service.ts'
import { DynamoDbService } from '../../../sandbox/aws/dynamodb/service.ts'
import type { GlobalTables } from '../../../sandbox/aws/dynamodb/global-table.ts'
import { DynamoEmulator } from '../../../sandbox/aws/dynamodb/emulator.ts'
import { judgedByProxy } from '../../../sandbox/aws/judged-by-proxy.ts'
import { KmsService } from '../../../sandbox/aws/kms.ts'
import { LambdaService } from '../../../sandbox/aws/lambda.ts'
import type { AwsRequest, AwsService } from '../../../sandbox/aws/service.ts'
import { TaggingService } from '../../../sandbox/aws/tagging.ts'
import { entropy, keyringFixture, type KeyringFixture } from '../../support/keyring-fixture.ts'
import { definitionOf, hostFixture } from '../support/fixture-functions.ts'
import { ACCOUNT, REGION } from '../support/fixture-stack.ts'

const { host, define } = hostFixture()
const caller = definitionOf('caller')
let fixture: KeyringFixture
let kms: KmsService
let tagging: TaggingService
beforeAll(async () => {
  fixture = await keyringFixture()
  const { keyring, clock } = fixture
  kms = new KmsService({ keyring, entropy, wire: kmsService({ keyring, entropy, clock, authorizer: judgedByProxy }) })
  tagging = new TaggingService(keyring)
})
afterAll(() => fixture.database.close())

const dynamoDb = new DynamoDbService({
  emulator: new DynamoEmulator(),
  tables: { table: () => ({ name: 'table', account: ACCOUNT, keyNames: ['pk', 'sk'] }) } as unknown as GlobalTables,
})

const requestOf = (target: string, input: object): AwsRequest => ({
  method: 'POST',
  url: '/',
  headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' },
  body: Buffer.from(JSON.stringify(input)),
  region: REGION,
  caller,
})
const read = (service: AwsService, target: string, input: object) => service.read(requestOf(target, input))
const needsOf = (service: AwsService, target: string, input: object) =>
  read(service, target, input)?.needs.map(({ action, resource }) => `${action} ${resource}`)

describe('what DynamoDB asks for', () => {
  const table = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/table`
  const needs = (operation: string, input: object) => needsOf(dynamoDb, `DynamoDB_20120810.${operation}`, input)
  it.each<[string, object, string[] | undefined]>([
    ['GetItem', { TableName: 'table' }, [`dynamodb:GetItem ${table}`]],
    ['PutItem', { TableName: table }, [`dynamodb:PutItem ${table}`]],
    ['Query', { TableName: 'table', IndexName: 'by-name' }, [`dynamodb:Query ${table}/index/by-name`]],
    ['BatchGetItem', { RequestItems: { table: { Keys: [] } } }, [`dynamodb:BatchGetItem ${table}`]],
    [
      'BatchWriteItem',
      { RequestItems: { table: [{ PutRequest: { Item: {} } }] } },
      [`dynamodb:BatchWriteItem ${table}`],
    ],
    ['Scan', { TableName: 'table' }, [`dynamodb:Scan ${table}`]],
    ['TransactWriteItems', { TransactItems: [] }, undefined],
    ['ExecuteStatement', { Statement: 'SELECT' }, undefined],
  ])('%s %j', (operation, input, expected) => {
    expect(needs(operation, input)).toEqual(expected)
  })

  it.each<[string, object]>([
    ['GetItem', { TableName: 'table', Key: { pk: { S: 'mine' }, sk: { S: 'x' } } }],
    ['PutItem', { TableName: 'table', Item: { pk: { S: 'mine' }, sk: { S: 'x' } } }],
    ['BatchGetItem', { RequestItems: { table: { Keys: [{ pk: { S: 'mine' } }] } } }],
    ['BatchWriteItem', { RequestItems: { table: [{ DeleteRequest: { Key: { pk: { S: 'mine' } } } }] } }],
    [
      'Query',
      {
        TableName: 'table',
        KeyConditionExpression: '#p = :p AND begins_with(sk, :s)',
        ExpressionAttributeNames: { '#p': 'pk' },
        ExpressionAttributeValues: { ':p': { S: 'mine' }, ':s': { S: 'x' } },
      },
    ],
  ])('%s names its partition keys', (operation, input) => {
    const operationRead = read(dynamoDb, `DynamoDB_20120810.${operation}`, input)
    expect(operationRead?.needs[0]?.context).toEqual({ 'dynamodb:LeadingKeys': ['mine'] })
  })
})

describe('what KMS asks for', () => {
  const place = { account: ACCOUNT, region: REGION }
  const makeKey = () =>
    fixture.keyring.create({
      place,
      owner: 'customer',
      multiRegion: true,
      tags: [{ key: 'coffer:deployment', value: 'one' }],
    })
  const needs = (operation: string, input: object) => read(kms, `TrentService.${operation}`, input)?.needs

  it('CreateKey with tags and for several Regions asks for three things', () => {
    const input = { MultiRegion: true, Tags: [{ TagKey: 'a', TagValue: 'b' }] }
    expect(needs('CreateKey', input)).toMatchObject([
      {
        action: 'kms:CreateKey',
        resource: '*',
        context: { 'aws:RequestTag/a': 'b', 'aws:TagKeys': ['a'], 'kms:MultiRegion': 'true' },
      },
      {
        action: 'kms:TagResource',
        resource: `arn:aws:kms:${REGION}:${ACCOUNT}:key/*`,
        context: { 'aws:RequestTag/a': 'b' },
      },
      { action: 'iam:CreateServiceLinkedRole', context: { 'iam:AWSServiceName': 'mrk.kms.amazonaws.com' } },
    ])
    expect(needs('CreateKey', {})).toMatchObject([{ action: 'kms:CreateKey' }])
  })

  it('the key is found by its id, its ARN or the ciphertext that it made; its tags and the context are known', async () => {
    const key = await makeKey()
    const usable = fixture.keyring.usableKey(place, key.arn)
    const blob = await fixture.keyring.encrypt(usable, Buffer.from('x'), { SecretARN: 's' })
    const input = { CiphertextBlob: blob.toString('base64'), EncryptionContext: { SecretARN: 's' } }
    for (const named of [input, { ...input, KeyId: key.id }, { ...input, KeyId: key.arn }]) {
      const [need] = needs('Decrypt', named)!
      expect(need).toMatchObject({
        action: 'kms:Decrypt',
        resource: key.arn,
        context: {
          'kms:EncryptionContext:SecretARN': 's',
          'kms:EncryptionContextKeys': ['SecretARN'],
          'aws:ResourceTag/coffer:deployment': 'one',
          'kms:MultiRegion': 'true',
          'kms:MultiRegionKeyType': 'PRIMARY',
        },
      })
      expect(need?.resourcePolicy?.().text).toContain(`"arn:aws:iam::${ACCOUNT}:root"`)
    }
  })

  it('a key that is not there has no policy to ask', () => {
    const KeyId = '01234567-89ab-4cde-8f01-23456789abcd'
    const [need] = needs('GenerateDataKey', { KeyId })!
    expect(need?.resource).toBe(`arn:aws:kms:${REGION}:${ACCOUNT}:key/${KeyId}`)
    expect(need).not.toHaveProperty('resourcePolicy')
  })

  it('the waiting period of a deletion is a condition; grants and imports are not known', () => {
    expect(needs('ScheduleKeyDeletion', { KeyId: 'x', PendingWindowInDays: 7 })?.[0]?.context).toMatchObject({
      'kms:ScheduleKeyDeletionPendingWindowInDays': '7',
    })
    expect(needs('CreateGrant', { KeyId: 'x' })).toBeUndefined()
  })
})

describe('what the others ask for', () => {
  it('invoking a function, by name or ARN, with a qualifier or without', () => {
    const lambda = new LambdaService(host)
    const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`
    const needs = (url: string, headers = {}) =>
      lambda.read({ ...requestOf('', {}), url, headers })?.needs.map(({ action, resource }) => `${action} ${resource}`)
    expect(needs('/2015-03-31/functions/f/invocations')).toEqual([`lambda:InvokeFunction ${arn}`])
    expect(needs(`/2015-03-31/functions/${encodeURIComponent(arn)}/invocations?Qualifier=live`)).toEqual([
      `lambda:InvokeFunction ${arn}:live`,
    ])
    expect(needs('/2015-03-31/functions/f/invocations', { 'x-amz-invocation-type': 'Event' })).toBeUndefined()
    expect(needs('/2015-03-31/functions/f')).toBeUndefined()
  })

  it('an invocation answers as Lambda does', async () => {
    const lambda = new LambdaService(host)
    define('fine', 'exports.handler = async (event) => ({ got: event })')
    define('fails', 'exports.handler = async () => { throw new Error("no") }')
    const invoke = (name: string) =>
      lambda
        .read({ ...requestOf('', { a: 1 }), url: `/2015-03-31/functions/${name}/invocations`, headers: {} })!
        .perform()
    expect(await invoke('fine')).toMatchObject({ status: 200, body: '{"got":{"a":1}}' })
    expect(await invoke('fails')).toMatchObject({ status: 200, headers: { 'x-amz-function-error': 'Unhandled' } })
    expect(await invoke('nobody')).toMatchObject({
      status: 404,
      headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
    })
  })

  it('keys are found by their tags, page by page', async () => {
    const place = { account: ACCOUNT, region: REGION }
    const tags = [{ key: 'team', value: 'red' }]
    const made = []
    for (let index = 0; index < 3; index++)
      made.push((await fixture.keyring.create({ place, owner: 'customer', multiRegion: false, tags })).arn)
    const ask = async (more: object) => {
      const operation = read(tagging, 'ResourceGroupsTaggingAPI_20170126.GetResources', {
        ResourceTypeFilters: ['kms:key'],
        TagFilters: [{ Key: 'team', Values: ['red', 'blue'] }],
        ResourcesPerPage: 2,
        ...more,
      })!
      expect(operation.needs).toEqual([{ action: 'tag:GetResources', resource: '*' }])
      return JSON.parse((await operation.perform()).body) as {
        PaginationToken: string
        ResourceTagMappingList: { ResourceARN: string; Tags: object[] }[]
      }
    }
    const first = await ask({})
    const second = await ask({ PaginationToken: first.PaginationToken })
    const found = [...first.ResourceTagMappingList, ...second.ResourceTagMappingList]
    expect(found.map(({ ResourceARN }) => ResourceARN).sort()).toEqual(made.sort())
    expect(found[0]?.Tags).toEqual([{ Key: 'team', Value: 'red' }])
    expect(second.PaginationToken).toBe('')
  })

  it('other kinds of resources are not known', () => {
    const target = 'ResourceGroupsTaggingAPI_20170126.GetResources'
    expect(read(tagging, target, { ResourceTypeFilters: ['s3'] })).toBeUndefined()
    expect(read(tagging, target, {})).toBeUndefined()
  })
})
