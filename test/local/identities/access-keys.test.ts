import { systemEntropy } from '../../../lambda/adapters/system-entropy.ts'
import { newAccessKey, newUserId } from '../../../local/identities/access-keys.ts'

describe('fresh identifiers have the forms that AWS gives them', () => {
  it('an access key id is AKIA and 16 characters, its secret 40 of base64', () => {
    const { accessKeyId, secretAccessKey } = newAccessKey(systemEntropy)
    expect(accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/)
    expect(secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/)
  })

  it('a user id is AIDA and 16 characters', () => expect(newUserId(systemEntropy)).toMatch(/^AIDA[A-Z2-7]{16}$/))

  it('no two are the same', () => {
    const ids = Array.from({ length: 1000 }, () => newAccessKey(systemEntropy).accessKeyId)
    expect(new Set(ids).size).toBe(1000)
  })
})
