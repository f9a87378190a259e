import { policyAuthorizer } from '../../../lambda/auth/authorizer.ts'
import { storedPolicy } from '../../../lambda/auth/policy/compiled-policy.ts'
import { makeCoffer, type Coffer } from '../../support/coffer.ts'
import { document, MemoryDirectory } from '../../support/memory-directory.ts'

const OWN = 'arn:aws:lambda:us-east-1:123456789012:function:'
const FOREIGN = 'arn:aws:lambda:us-east-1:222222222222:function:theirs'

describe('SM-ROTATE-05 the functions that a caller may have rotate', () => {
  let directory: MemoryDirectory
  let coffer: Coffer
  beforeEach(async () => {
    directory = new MemoryDirectory()
    coffer = makeCoffer({ authorizer: policyAuthorizer(directory) })
    const principal = directory.user('owner', { allow: [{ Action: '*' }] })
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' }, { principal })
  })
  afterEach(() => coffer.close())

  const rotate = (RotationLambdaARN: string, principal: ReturnType<MemoryDirectory['user']>) =>
    coffer
      .call('RotateSecret', { SecretId: 'a', RotationLambdaARN }, { principal })
      .then(() => 'done')
      .catch((error: unknown) => (error as { code: string }).code)

  it.each([`${OWN}prod`, `${OWN}prod:$LATEST`, `${OWN}prod:live`])(
    'a Deny on the function is one on %s',
    async (arn) => {
      const dev = directory.user('dev', {
        allow: [{ Action: '*' }, { Effect: 'Deny', Action: 'lambda:InvokeFunction', Resource: `${OWN}prod` }],
      })
      expect(await rotate(arn, dev)).toBe('AccessDeniedException')
    },
  )

  it.each([`${OWN}prod`, `${OWN}prod:$LATEST`])(
    'a Deny by secretsmanager:RotationLambdaARN holds for %s',
    async (arn) => {
      const dev = directory.user('dev', {
        allow: [
          { Action: '*' },
          {
            Effect: 'Deny',
            Action: 'secretsmanager:RotateSecret',
            Condition: { ArnEquals: { 'secretsmanager:RotationLambdaARN': `${OWN}prod` } },
          },
        ],
      })
      expect(await rotate(arn, dev)).toBe('AccessDeniedException')
      expect(await rotate(`${OWN}other`, dev)).toBe('done')
    },
  )

  it('what a policy allows by the attached function is decided by secretsmanager:resource/AllowRotationLambdaArn', async () => {
    const dev = directory.user('dev', {
      allow: [
        { Action: ['lambda:*', 'secretsmanager:RotateSecret'] },
        {
          Action: 'secretsmanager:DescribeSecret',
          Condition: { ArnEquals: { 'secretsmanager:resource/AllowRotationLambdaArn': `${OWN}prod` } },
        },
      ],
    })
    const looked = () =>
      coffer
        .call('DescribeSecret', { SecretId: 'a' }, { principal: dev })
        .then(() => 'done')
        .catch((error: unknown) => (error as { code: string }).code)
    expect(await looked()).toBe('AccessDeniedException')
    await rotate(`${OWN}prod`, dev)
    expect(await looked()).toBe('done')
  })

  it('a function of another account needs the word of its own policy, too', async () => {
    const dev = directory.user('dev', { allow: [{ Action: '*' }] })
    expect(await rotate(FOREIGN, dev)).toBe('AccessDeniedException')
    const policy = (Action: string) =>
      storedPolicy(document([{ Principal: { AWS: '123456789012' }, Action, Resource: FOREIGN }]), 'resource')
    coffer.functions.policies.set(FOREIGN, { source: 'function', policy: policy('lambda:GetFunction') })
    expect(await rotate(FOREIGN, dev)).toBe('AccessDeniedException')
    coffer.functions.policies.set(FOREIGN, { source: 'function', policy: policy('lambda:InvokeFunction') })
    expect(await rotate(FOREIGN, dev)).toBe('done')
  })
})
