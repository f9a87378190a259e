/** A store over a network: a write lands, its answer is lost, and by the time it is repeated somebody else has built on it. */
import type { SecretHead } from '../../lambda/core/domain/secret.ts'
import { KeyFailure } from '../../lambda/core/ports/key-service.ts'
import type { SecretStore } from '../../lambda/core/ports/secret-store.ts'
import { bound, makeCoffer, type Coffer } from '../support/coffer.ts'

const KEY = { account: '123456789012', region: 'us-east-1', name: 'a' }

/** The next commit that `isMeant` lands, another writer tags the secret, and the repeated write meets a conflict. */
function losingOneAnswer(isMeant: (head: SecretHead) => boolean): (store: SecretStore) => SecretStore {
  let isLost = false
  return (store) => ({
    ...bound(store),
    async commit(commit) {
      const result = await store.commit(commit)
      if (isLost || !isMeant(commit.head)) return result
      isLost = true
      const { head } = (await store.load(commit.head.key))!
      const tagged = { ...head, revision: head.revision + 1, tags: [{ key: 'k', value: 'by another' }] }
      expect(await store.commit({ head: tagged, put: [], drop: [] })).toBe('committed')
      return 'conflict'
    },
  })
}

let coffer: Coffer
afterEach(() => coffer.close())
const stored = async (): Promise<SecretHead> => (await coffer.store.load(KEY))!.head

describe('when the answer to a commit is lost and another writer follows', () => {
  it('a creation has happened: it answers so, and keeps its key', async () => {
    coffer = makeCoffer({ wrapStore: losingOneAnswer(({ revision }) => revision === 1) })
    const made = await coffer.call('CreateSecret', { Name: 'a', SecretString: 'one' })
    expect(made.VersionId).toBeDefined()
    expect(coffer.keys.retired).toEqual([])
    expect(await coffer.call('GetSecretValue', { SecretId: 'a' })).toMatchObject({ SecretString: 'one' })
    expect((await stored()).tags).toEqual([{ key: 'k', value: 'by another' }])
  })

  it('a change to a key that was made for it does not destroy that key', async () => {
    coffer = makeCoffer({
      wrapStore: losingOneAnswer(({ serviceKeyArn, revision }) => serviceKeyArn !== undefined && revision > 1),
    })
    await coffer.call('CreateSecret', { Name: 'a', SecretString: 'one', KmsKeyId: coffer.keys.addKey('mine') })
    await coffer.call('UpdateSecret', { SecretId: 'a', KmsKeyId: '' })
    const { serviceKeyArn } = await stored()
    expect(serviceKeyArn).toBeDefined()
    expect(coffer.keys.retired).toEqual([])
    expect(await coffer.call('GetSecretValue', { SecretId: 'a' })).toMatchObject({ SecretString: 'one' })
  })
})

describe('a key that could not be taken back', () => {
  it('does not hide what was the matter', async () => {
    coffer = makeCoffer()
    const denied = new KeyFailure({ kind: 'denied', code: 'AccessDeniedException', message: 'no', requestId: 'r' })
    jest.spyOn(coffer.keys, 'retireServiceKey').mockRejectedValue(denied)
    const busy = new KeyFailure({ kind: 'throttled', code: 'ThrottlingException', message: 'slow', requestId: 'r' })
    jest.spyOn(coffer.keys, 'generateDataKey').mockRejectedValue(busy)
    await expect(coffer.call('CreateSecret', { Name: 'a', SecretString: 'v' })).rejects.toMatchObject({
      code: 'ThrottlingException',
    })
  })
})
