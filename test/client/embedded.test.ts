import { readServeConfig } from '../../local/config.ts'
import { startCoffer, type RunningCoffer } from '../../local/start.ts'
import { MemoryOutput } from '../local/support/memory-output.ts'
import { ADMIN } from '../local/support/running-server.ts'
import { describeUnless, lacking } from '../support/other-programs.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import {
  AWS_CLI_OUTPUT,
  everyOperationInAwsCli,
  everyOperationInBoto3,
  everyOperationInJavaScript,
  type ApiTarget,
} from './support/every-operation.ts'

const makeDirectory = suiteDirectories()
let coffer: RunningCoffer
const target = (): ApiTarget => ({ endpoint: coffer.url, region: 'eu-central-1', credentials: ADMIN })
beforeAll(async () => {
  coffer = await startCoffer({
    config: readServeConfig({ port: '0', dataDir: makeDirectory() }, {}),
    secrets: { adminKey: ADMIN },
    output: new MemoryOutput(),
  })
})
afterAll(() => coffer.close())

describe('an embedded Coffer, called as one on AWS', () => {
  it.each(['operation', 'root'] as const)('does everything for the JavaScript client by %s paths', async (paths) => {
    await everyOperationInJavaScript(target(), { paths })
  })

  it('has no path for what is not the operation of the request', async () => {
    const answer = await fetch(`${coffer.url}/GetSecretValue`, { method: 'POST', body: '{}' })
    expect(answer.status).toBe(404)
  })
})

describeUnless(lacking('python3', ['-c', 'import boto3'], 'python3 with boto3'), 'boto3 and embedded', () => {
  it('does everything with the files for botocore', async () => {
    expect(await everyOperationInBoto3(target())).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
  }, 60_000)
})

describeUnless(lacking('aws', ['--version'], 'the AWS CLI'), 'the AWS CLI and embedded', () => {
  it('does everything after `coffer env`', async () => {
    expect(await everyOperationInAwsCli(target())).toEqual({ code: 0, stdout: AWS_CLI_OUTPUT, stderr: '' })
  }, 120_000)
})
