import { ChildCoffer } from '../support/child-coffer.ts'
import { suiteDirectories } from '../support/suite-directories.ts'
import { describeUnless, lacking, run, type Ran } from '../support/other-programs.ts'

const makeDirectory = suiteDirectories()

/** What a person would type after pasting the block. `$` continues from line to line: it is one shell. */
const SESSION = String.raw`
set -eu
say() { printf '== %s\n' "$1"; }
sm() { aws secretsmanager "$@"; }
id() { printf '%032d' "$1"; }

say get
sm get-secret-value --secret-id my-first-secret --query SecretString --output text
say put
sm put-secret-value --secret-id my-first-secret --client-request-token "$(id 2)" --secret-string two --query VersionStages
say list
sm create-secret --name tools/billing --secret-string x --tags Key=stage,Value=prod --description 'The Billing database' --query Name
sm list-secrets --filters Key=tag-value,Values=prod Key=description,Values=billing --query 'SecretList[].Name'
sm list-secrets --filters 'Key=name,Values=!tools/' --query 'SecretList[].Name'
say move
sm update-secret-version-stage --secret-id my-first-secret --version-stage AWSCURRENT --remove-from-version-id "$(id 2)" \
  --move-to-version-id "$(sm get-secret-value --secret-id my-first-secret --version-stage AWSPREVIOUS --query VersionId --output text)" --query Name
sm get-secret-value --secret-id my-first-secret --query SecretString --output text
say delete
sm delete-secret --secret-id my-first-secret --recovery-window-in-days 7 --query Name
sm get-secret-value --secret-id my-first-secret 2>&1 || true
say restore
sm restore-secret --secret-id my-first-secret --query Name
say batch
sm batch-get-secret-value --secret-id-list tools/billing tools/nobody my-first-secret --query '[SecretValues[].Name, Errors[].ErrorCode]' --output json
say password
sm get-random-password --password-length 40 --exclude-punctuation --query 'length(RandomPassword)'
say key
key=$(aws kms create-key --query KeyMetadata.KeyId --output text)
aws kms create-alias --alias-name alias/mine --target-key-id "$key"
sm create-secret --name keyed --kms-key-id alias/mine --secret-string 'under my key' --query Name
aws kms disable-key --key-id "$key"
sm get-secret-value --secret-id keyed 2>&1 || true
aws kms enable-key --key-id "$key"
sm get-secret-value --secret-id keyed --query SecretString --output text
say identity
aws sts get-caller-identity --query Account --output text
`

describeUnless(lacking('aws', ['--version'], 'the AWS CLI'), 'the AWS CLI', () => {
  let coffer: ChildCoffer
  let ran: Ran
  /** What each step printed. */
  const steps = new Map<string, string>()
  beforeAll(async () => {
    // No chosen admin key: the block that is printed has all that is needed.
    coffer = await ChildCoffer.start({ dataDir: makeDirectory(), environment: {} })
    const pasted = blockIn(coffer.output)
    ran = await run('sh', ['-c', `${pasted}\n${SESSION}`], { environment: { AWS_DEFAULT_OUTPUT: 'json' } })
    for (const step of ran.stdout.split(/^== /m)) {
      const [title = '', ...lines] = step.split('\n')
      steps.set(title, lines.join('\n').trim())
    }
  }, 180_000)
  afterAll(() => coffer.stop())

  it('takes the printed block as it is, and every call after it', () => {
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' })
    expect(ran.stdout.split('== ')[0]).toContain('"Name": "my-first-secret"')
  })

  it.each([
    ['get', '{"user":"me","password":"correct horse"}'],
    ['put', '[\n    "AWSCURRENT"\n]'],
    ['list', '"tools/billing"\n[\n    "tools/billing"\n]\n[\n    "my-first-secret"\n]'],
    ['move', '"my-first-secret"\n{"user":"me","password":"correct horse"}'],
    ['restore', '"my-first-secret"'],
    ['password', '40'],
    ['identity', '123456789012'],
  ])('%s prints what it should', (step, expected) => {
    expect(steps.get(step)).toBe(expected)
  })

  it('shows a secret that is marked for deletion as such', () => {
    expect(steps.get('delete')).toContain(
      "(InvalidRequestException) when calling the GetSecretValue operation: You can't perform this operation on the secret because it was marked for deletion.",
    )
  })

  it('gets a batch with its errors', () => {
    expect(JSON.parse(steps.get('batch') ?? '')).toEqual([
      ['tools/billing', 'my-first-secret'],
      ['ResourceNotFoundException'],
    ])
  })

  it('uses a key that it made itself, and is told when that is disabled', () => {
    expect(steps.get('key')).toMatch(/^"keyed"\s+.*DecryptionFailure.* is disabled\. .*\s+under my key$/s)
  })
})

/** The lines between "Paste this" and the next blank line but one. */
function blockIn(output: string): string {
  const block = /^export AWS_ENDPOINT_URL=[^]*?^aws secretsmanager create-secret .*$/m.exec(output)?.[0]
  if (block === undefined) throw new Error(`no block to paste in: ${output}`)
  return block
}
