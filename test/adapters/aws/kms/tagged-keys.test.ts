import {
  PaginationTokenExpiredException,
  ThrottledException,
  type GetResourcesCommandInput,
  type GetResourcesCommandOutput,
  type ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api'
import { taggedKeys } from '../../../../lambda/adapters/aws/kms/tagged-keys.ts'

function clientAnswering(answer: Omit<GetResourcesCommandOutput, '$metadata'> | Error) {
  const asked: GetResourcesCommandInput[] = []
  const send = async ({ input }: { input: GetResourcesCommandInput }) => {
    asked.push(input)
    if (answer instanceof Error) throw answer
    return answer
  }
  return { client: { send } as unknown as ResourceGroupsTaggingAPIClient, asked }
}

it('asks for the dedicated keys of its deployment only', async () => {
  const { client, asked } = clientAnswering({ ResourceTagMappingList: [], PaginationToken: '' })
  await taggedKeys(client, 'coffer-prod')(undefined)
  expect(asked).toEqual([
    {
      ResourceTypeFilters: ['kms:key'],
      TagFilters: [{ Key: 'coffer:deployment', Values: ['coffer-prod'] }, { Key: 'coffer:secret-arn' }],
      ResourcesPerPage: 100,
    },
  ])
})

it('goes on by the token, which is empty on the last page', async () => {
  const list = [{ ResourceARN: 'arn', Tags: [{ Key: 'team', Value: 'a' }] }]
  const { client, asked } = clientAnswering({ ResourceTagMappingList: list, PaginationToken: 'next' })
  expect(await taggedKeys(client, 'coffer')('token')).toEqual({
    keys: [{ arn: 'arn', tags: new Map([['team', 'a']]) }],
    next: 'next',
  })
  expect(asked[0]!.PaginationToken).toBe('token')
  const last = clientAnswering({ PaginationToken: '' })
  expect(await taggedKeys(last.client, 'coffer')('token')).toEqual({ keys: [], next: undefined })
})

it('tells of a token that is too old, and of throttling', async () => {
  const made = { message: 'no', $metadata: {} }
  const old = clientAnswering(new PaginationTokenExpiredException(made))
  expect(await taggedKeys(old.client, 'coffer')('token')).toBe('expired')
  const busy = clientAnswering(new ThrottledException(made))
  await expect(taggedKeys(busy.client, 'coffer')(undefined)).rejects.toMatchObject({ kind: 'throttled' })
})
