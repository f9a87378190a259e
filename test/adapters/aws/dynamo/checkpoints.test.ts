import { Checkpoints } from '../../../../lambda/adapters/aws/dynamo/checkpoints.ts'
import { dynaliteSuite } from './dynamo-fixture.ts'

const suite = dynaliteSuite()

describe('checkpoints', () => {
  it('are kept for each task and Region until the walk has come to its end', async () => {
    const { client, table } = suite.open()
    const here = new Checkpoints({ client, table, account: '123456789012', region: 'us-east-1' })
    const elsewhere = new Checkpoints({ client, table, account: '123456789012', region: 'eu-west-1' })
    expect(await here.read('values')).toBeUndefined()
    await here.write('values', 'one')
    await here.write('values', 'two')
    await elsewhere.write('values', 'other')
    expect(await here.read('values')).toBe('two')
    expect(await here.read('keys')).toBeUndefined()
    await here.write('values', undefined)
    expect(await here.read('values')).toBeUndefined()
    expect(await elsewhere.read('values')).toBe('other')
  })
})
