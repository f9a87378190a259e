import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { operations } from '../../../lambda/core/operations/index.ts'
import { entryOf, functionName } from '../../../lambda/handlers/edge/function-name.ts'

describe('the names of functions', () => {
  it('are the operation in small words after the deployment', () => {
    expect(functionName('coffer', entryOf('UpdateSecretVersionStage'))).toBe('coffer-update-secret-version-stage')
    expect(entryOf('ListSecretVersionIds')).toBe('list-secret-version-ids')
  })

  it('each stand for a file of handlers, one for every operation of the table', () => {
    for (const operation of Object.keys(operations))
      expect([operation, existsSync(resolve('lambda/handlers', `${entryOf(operation)}.ts`))]).toEqual([operation, true])
  })
})
