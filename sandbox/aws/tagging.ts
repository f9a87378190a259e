/**
 * The Resource Groups Tagging API, as far as finding KMS keys by their tags.
 * @module
 */
import type { Keyring } from '../../lambda/adapters/embedded/keyring/keyring.ts'
import type { KeyRecord } from '../../lambda/adapters/embedded/keyring/key-record.ts'
import { isObject, oneOrMany, type JsonObject } from '../json.ts'
import {
  jsonError,
  readJsonCall,
  type AwsAnswer,
  type AwsOperation,
  type AwsRequest,
  type AwsService,
} from './service.ts'

const CONTENT_TYPE = 'application/x-amz-json-1.1'
const PREFIX = 'ResourceGroupsTaggingAPI_20170126'
const DEFAULT_PAGE = 50

export class TaggingService implements AwsService {
  readonly signingName = 'tagging'
  readonly actionPrefix = 'tag'
  readonly operations = ['GetResources']
  readonly deniedStatus = 400
  readonly #keyring: Keyring

  constructor(keyring: Keyring) {
    this.#keyring = keyring
  }

  error(status: number, code: string, message: string): AwsAnswer {
    return jsonError(status, code, message, { contentType: CONTENT_TYPE })
  }

  read(request: AwsRequest): AwsOperation | undefined {
    const call = readJsonCall(request, PREFIX)
    if (call?.name !== 'GetResources') return undefined
    const { name, input } = call
    const types = oneOrMany(input.ResourceTypeFilters)
    if (types.length === 0 || types.some((type) => type !== 'kms' && type !== 'kms:key')) return undefined
    return {
      name,
      // The API has no resource scoping.
      needs: [{ action: 'tag:GetResources', resource: '*' }],
      perform: async () => ({
        status: 200,
        headers: { 'content-type': CONTENT_TYPE },
        body: JSON.stringify(this.#page(request, input)),
      }),
    }
  }

  #page({ caller, region }: AwsRequest, input: JsonObject): JsonObject {
    const limit = typeof input.ResourcesPerPage === 'number' ? input.ResourcesPerPage : DEFAULT_PAGE
    const filters = oneOrMany(input.TagFilters).filter(isObject)
    const found: KeyRecord[] = []
    let after =
      typeof input.PaginationToken === 'string' ? Buffer.from(input.PaginationToken, 'base64url').toString() : ''
    for (;;) {
      const keys = this.#keyring.list({ account: caller.account, region }, { after, limit: 100 })
      for (const key of keys) {
        after = key.id
        if (filters.every((filter) => hasTag(key, filter))) found.push(key)
        if (found.length === limit) return answer(found, after)
      }
      if (keys.length < 100) return answer(found, undefined)
    }
  }
}

const hasTag = ({ tags }: KeyRecord, { Key, Values }: JsonObject): boolean =>
  tags.some(({ key, value }) => key === Key && (oneOrMany(Values).length === 0 || oneOrMany(Values).includes(value)))

const answer = (keys: readonly KeyRecord[], after: string | undefined): JsonObject => ({
  PaginationToken: after === undefined ? '' : Buffer.from(after).toString('base64url'),
  ResourceTagMappingList: keys.map(({ arn, tags }) => ({
    ResourceARN: arn,
    Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })),
  })),
})
