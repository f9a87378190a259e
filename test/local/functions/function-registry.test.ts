import { createSecretKey, randomBytes } from 'node:crypto'
import { Database } from '../../../lambda/adapters/embedded/database.ts'
import type { FunctionRecord } from '../../../local/functions/function-record.ts'
import { FunctionRegistry } from '../../../local/functions/function-registry.ts'
import { functionSchema } from '../../../local/functions/schema.ts'
import { sealerOf } from '../../../local/identities/sealer.ts'

const KEY = { account: '123456789012', region: 'eu-west-1', name: 'f' }
const RECORD: FunctionRecord = {
  version: 1,
  ...KEY,
  codeId: 'code',
  codeSha256: '',
  codeSize: 1,
  runtime: 'nodejs24.x',
  handler: 'index.handler',
  description: '',
  timeoutSeconds: 3,
  memoryMb: 128,
  environment: {},
  tags: {},
  statements: [],
  principals: [],
  revisionId: 'one',
  processRevision: 'one',
  modifiedAt: 0,
  inert: {},
}

function open() {
  const database = new Database({ path: ':memory:', migrations: [functionSchema] })
  return new FunctionRegistry({ database, sealer: sealerOf(createSecretKey(randomBytes(32))) })
}

describe('changes of a function at the same time', () => {
  it('see one another: none is lost', async () => {
    const registry = open()
    await registry.change(KEY, () => RECORD)
    const changes = Array.from({ length: 50 }, (_, index) =>
      registry.change(KEY, (present) => ({ ...present!, tags: { ...present!.tags, [`t${index}`]: '' } })),
    )
    await Promise.all(changes)
    expect(Object.keys(registry.find(KEY)!.tags)).toHaveLength(50)
  })

  it('go on after one that is refused', async () => {
    const registry = open()
    const refused = registry.change(KEY, () => {
      throw new Error('no')
    })
    const made = registry.change(KEY, () => RECORD)
    await expect(refused).rejects.toThrow('no')
    await made
    expect(registry.find(KEY)).toEqual(RECORD)
  })
})
