import { Log, type RequestEntry } from '../../../local/log/log.ts'
import { MemoryOutput } from '../support/memory-output.ts'

describe('the line of a request', () => {
  it('holds the fields of the allow-list and nothing else that an entry may carry', () => {
    const output = new MemoryOutput()
    const log = new Log({ format: 'json', output, wallClock: { now: () => 0 } })
    const entry: RequestEntry = {
      requestId: 'r',
      service: 'secretsmanager',
      operation: 'GetSecretValue',
      account: '1',
      region: 'us-east-1',
      accessKeyId: 'AKIA',
      principal: 'arn',
      resource: 'arn',
      status: 200,
      code: undefined,
      latencyMs: 1.5,
      sourceIp: '127.0.0.1',
    }
    log.request({ ...entry, SecretString: 'hunter2' } as RequestEntry)
    expect(Object.keys(JSON.parse(output.text) as object)).toEqual([
      'time',
      'level',
      'event',
      'requestId',
      'service',
      'operation',
      'account',
      'region',
      'accessKeyId',
      'principal',
      'resource',
      'status',
      'latencyMs',
      'sourceIp',
    ])
  })

  it('has the level error for a fault of the server', () => {
    const output = new MemoryOutput()
    new Log({ format: 'json', output, wallClock: { now: () => 0 } }).request({ status: 500 } as RequestEntry)
    expect(output.text).toContain('"level":"error"')
  })
})
