import { ADMIN, ChildCoffer } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { VALUE_MARK } from './target.ts'
import { describeUnless, lacking, run } from '../support/other-programs.ts'

const makeDirectory = suiteDirectories()

describeUnless(lacking('python3', ['-c', 'import boto3'], 'python3 with boto3'), 'boto3', () => {
  let coffer: ChildCoffer
  beforeAll(async () => {
    coffer = await ChildCoffer.start({ dataDir: makeDirectory() })
  })
  afterAll(() => coffer.stop())

  it('creates, reads, lists, batches, deletes and restores, and raises its own exceptions', async () => {
    const environment = {
      AWS_ENDPOINT_URL: coffer.url,
      AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
      AWS_DEFAULT_REGION: 'ap-southeast-2',
      ACCOUNT: '123456789012',
      VALUE_MARK,
    }
    const { code, stdout, stderr } = await run('python3', ['test/conformance/boto3-calls.py'], { environment })
    expect({ code, stderr, parts: stdout.trim().split('\n') }).toEqual({
      code: 0,
      stderr: '',
      parts: [
        'create and get',
        'put and move',
        'describe',
        'binary',
        'list paginator',
        'batch',
        'errors',
        'delete, restore, tags, password, versions',
        'customer key',
        'signatures and identity',
      ],
    })
  }, 60_000)
})
