import { describeUnless, lacking, run, type Ran } from '../support/other-programs.ts'
import { ADMIN, ChildSandbox } from './support/child-sandbox.ts'

/** As a person would type it after the block that the sandbox prints. */
const SESSION = String.raw`
set -eu
eval "$(node bin/coffer.mjs env --url "$SANDBOX_URL" --region eu-central-1)"
say() { printf '== %s\n' "$1"; }
sm() { aws secretsmanager "$@"; }
id() { printf '%032d' "$1"; }

say create
sm create-secret --name cli --client-request-token "$(id 1)" --secret-string one --query Name
say put
sm put-secret-value --secret-id cli --client-request-token "$(id 2)" --secret-string two --query VersionStages
say get
sm get-secret-value --secret-id cli --query SecretString
say update
sm update-secret --secret-id cli --description changed --query Name
say tag
sm tag-resource --secret-id cli --tags Key=a,Value=b
sm describe-secret --secret-id cli --query '[Description, Tags[0].Value]'
sm untag-resource --secret-id cli --tag-keys a
say list
sm list-secrets --query 'SecretList[].Name'
sm list-secret-version-ids --secret-id cli --query 'length(Versions)'
say move
sm update-secret-version-stage --secret-id cli --version-stage AWSCURRENT --remove-from-version-id "$(id 2)" --move-to-version-id "$(id 1)" --query Name
sm batch-get-secret-value --secret-id-list cli nobody --query '[SecretValues[0].SecretString, Errors[0].ErrorCode]'
say password
sm get-random-password --password-length 40 --query 'length(RandomPassword)'
say policy
sm get-resource-policy --secret-id cli --query Name
say delete
sm delete-secret --secret-id cli --recovery-window-in-days 7 --query Name
sm get-secret-value --secret-id cli 2>&1 || true
sm restore-secret --secret-id cli --query Name
`

describeUnless(lacking('aws', ['--version'], 'the AWS CLI'), 'the AWS CLI, set up by `coffer env`', () => {
  let sandbox: ChildSandbox
  let ran: Ran
  const steps = new Map<string, string>()
  beforeAll(async () => {
    sandbox = await ChildSandbox.start('--regions', 'eu-central-1')
    ran = await run('sh', ['-c', SESSION], {
      environment: {
        SANDBOX_URL: sandbox.welcome.url,
        AWS_ACCESS_KEY_ID: ADMIN.accessKeyId,
        AWS_SECRET_ACCESS_KEY: ADMIN.secretAccessKey,
        AWS_DEFAULT_REGION: 'eu-central-1',
        AWS_DEFAULT_OUTPUT: 'json',
      },
    })
    for (const step of ran.stdout.split(/^== /m)) {
      const [title = '', ...lines] = step.split('\n')
      steps.set(title, lines.join(' ').replaceAll(/\s+/g, ' ').trim())
    }
  }, 120_000)
  afterAll(() => sandbox.stop())

  it('does every operation', () => {
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(Object.fromEntries(steps)).toMatchObject({
      create: '"cli"',
      put: '[ "AWSCURRENT" ]',
      get: '"two"',
      update: '"cli"',
      tag: '[ "changed", "b" ]',
      list: '[ "cli" ] 2',
      move: '"cli" [ "one", "ResourceNotFoundException" ]',
      password: '40',
      policy: '"cli"',
      delete: expect.stringMatching(/^"cli" .*InvalidRequestException.* "cli"$/),
    })
  })

  it('and no call was refused by a role', async () => {
    expect((await sandbox.report()).violations).toEqual([])
  })
})
