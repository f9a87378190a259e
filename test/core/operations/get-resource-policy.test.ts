import { makeCoffer } from '../../support/coffer.ts'

describe('GetResourcePolicy', () => {
  it('SM-POLICY-02 says of a secret without a policy that it has none, by leaving the member out', async () => {
    const coffer = makeCoffer()
    const { ARN } = await coffer.call('CreateSecret', { Name: 'a' })
    expect(await coffer.call('GetResourcePolicy', { SecretId: 'a' })).toEqual({ ARN, Name: 'a' })
    coffer.close()
  })
})
