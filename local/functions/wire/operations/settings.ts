/**
 * Tags and concurrency, and what tools read along although there is nothing of it here.
 * @module
 */
import { z } from 'zod'
import { randomUuid } from '../../../../lambda/core/domain/random-id.ts'
import { functionArn } from '../../function-name.ts'
import { operation, tagsOf } from '../call.ts'
import { tagsInput } from '../function-input.ts'
import { invalid, noSuchResource } from '../lambda-error.ts'
import { presentConcurrency, presentFunction } from '../present.ts'

const TAGS = '/2017-03-31/tags/:FunctionName'
const concurrencyInput = z.object({ ReservedConcurrentExecutions: z.int().min(0).max(1000) })

export const listTags = operation({
  method: 'GET',
  path: TAGS,
  run: async (call) => ({ body: { Tags: (await call.function()).tags } }),
})

export const tagResource = operation({
  method: 'POST',
  path: TAGS,
  input: tagsInput,
  async run(call) {
    const { Tags } = call.input
    const record = await call.function({ requestTags: tagsOf({ tags: Tags }) })
    await call.change(record, (present) => {
      const tags = { ...present.tags, ...Tags }
      if (Object.keys(tags).length > 50) throw invalid('A function has at most 50 tags.')
      return { ...present, tags }
    })
    return { status: 204 }
  },
})

export const untagResource = operation({
  method: 'DELETE',
  path: TAGS,
  async run(call) {
    const tagNames = call.queries('tagKeys')
    const record = await call.function({ tagNames })
    const gone = new Set(tagNames)
    await call.change(record, (present) => ({
      ...present,
      tags: Object.fromEntries(Object.entries(present.tags).filter(([key]) => !gone.has(key))),
    }))
    return { status: 204 }
  },
})

export const putFunctionConcurrency = operation({
  method: 'PUT',
  path: '/2017-10-31/functions/:FunctionName/concurrency',
  input: concurrencyInput,
  async run(call) {
    const { ReservedConcurrentExecutions: reservedConcurrency } = call.input
    const record = await call.function()
    const revisionId = randomUuid(call.means.entropy)
    const after = await call.change(record, (present) => ({ ...present, reservedConcurrency, revisionId }))
    return { body: presentConcurrency(after ?? record) }
  },
})

export const deleteFunctionConcurrency = operation({
  method: 'DELETE',
  path: '/2017-10-31/functions/:FunctionName/concurrency',
  async run(call) {
    const record = await call.function()
    const revisionId = randomUuid(call.means.entropy)
    await call.change(record, ({ reservedConcurrency: _, ...present }) => ({ ...present, revisionId }))
    return { status: 204 }
  },
})

export const getFunctionConcurrency = operation({
  method: 'GET',
  path: '/2019-09-30/functions/:FunctionName/concurrency',
  run: async (call) => ({ body: presentConcurrency(await call.function()) }),
})

export const listVersionsByFunction = operation({
  method: 'GET',
  path: '/2015-03-31/functions/:FunctionName/versions',
  async run(call) {
    const record = await call.function()
    return { body: { Versions: [{ ...presentFunction(record), FunctionArn: `${functionArn(record)}:$LATEST` }] } }
  },
})

export const listAliases = operation({
  method: 'GET',
  path: '/2015-03-31/functions/:FunctionName/aliases',
  async run(call) {
    await call.function()
    return { body: { Aliases: [] } }
  },
})

/** No function has one. */
export const getFunctionCodeSigningConfig = operation({
  method: 'GET',
  path: '/2020-06-30/functions/:FunctionName/code-signing-config',
  run: async (call) => ({ body: { FunctionName: (await call.function()).name } }),
})

export const getFunctionEventInvokeConfig = operation({
  method: 'GET',
  path: '/2019-09-25/functions/:FunctionName/event-invoke-config',
  async run(call) {
    await call.function()
    throw noSuchResource()
  },
})

/** Whatever runs the functions is what this machine has. */
export const getRuntimeManagementConfig = operation({
  method: 'GET',
  path: '/2021-07-20/functions/:FunctionName/runtime-management-config',
  run: async (call) => ({ body: { UpdateRuntimeOn: 'Auto', FunctionArn: functionArn(await call.function()) } }),
})

export const getFunctionRecursionConfig = operation({
  method: 'GET',
  path: '/2024-08-31/functions/:FunctionName/recursion-config',
  async run(call) {
    await call.function()
    return { body: { RecursiveLoop: 'Allow' } }
  },
})
