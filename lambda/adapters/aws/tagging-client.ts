/**
 * The client of the Resource Groups Tagging API: in a file of its own, since only the sweeper's bundle has a place for it.
 * @module
 */
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'

/** Background work may take its time: a page of tags can take a second or two, and is asked for again as often as the SDK does by itself. */
const REQUEST_TIMEOUT_MS = 10_000

export const taggingClient = (): ResourceGroupsTaggingAPIClient =>
  new ResourceGroupsTaggingAPIClient({
    requestHandler: { requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true },
  })
