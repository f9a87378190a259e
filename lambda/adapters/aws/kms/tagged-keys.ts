/**
 * Finds the keys of a deployment by their tags, through the Resource Groups Tagging API. Only the sweeper imports this: its SDK client has no place in the
 * bundles of the operations.
 * @module
 */
import {
  GetResourcesCommand,
  type ResourceGroupsTaggingAPIClient,
  type ResourceTagMapping,
} from '@aws-sdk/client-resource-groups-tagging-api'
import { failed } from './kms-failures.ts'
import type { FindKeys } from './service-key-scan.ts'
import { DEPLOYMENT_TAG, SECRET_TAG } from './service-key-tags.ts'

/** The API's maximum. */
const PAGE = 100

/** The dedicated keys of `deployment` in the client's Region, those that are pending deletion or just gone among them. */
export function taggedKeys(client: ResourceGroupsTaggingAPIClient, deployment: string): FindKeys {
  return async (token) => {
    const command = new GetResourcesCommand({
      ResourceTypeFilters: ['kms:key'],
      TagFilters: [{ Key: DEPLOYMENT_TAG, Values: [deployment] }, { Key: SECRET_TAG }],
      ResourcesPerPage: PAGE,
      ...(token !== undefined && { PaginationToken: token }),
    })
    try {
      const { ResourceTagMappingList: found = [], PaginationToken: next } = await client.send(command)
      return { keys: found.flatMap(keyOf), next: next === '' ? undefined : next }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      // A token lives for 15 minutes, a checkpoint of the walk can be a day old.
      if (error.name === 'PaginationTokenExpiredException' && token !== undefined) return 'expired'
      if (error.name === 'ThrottledException') throw failed('throttled', error.name, error.message)
      throw error
    }
  }
}

function keyOf({ ResourceARN: arn, Tags: tags = [] }: ResourceTagMapping) {
  return arn === undefined ? [] : [{ arn, tags: new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value])) }]
}
