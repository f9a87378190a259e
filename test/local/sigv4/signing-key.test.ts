import { sigv4SecretKey } from '../../../local/identities/credential.ts'
import { deriveSigningKey, SigningKeyCache } from '../../../local/sigv4/signing-key.ts'

const parts = { date: '20150830', region: 'us-east-1', service: 'iam' }
const secretKey = sigv4SecretKey('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY')

describe('the signing key', () => {
  it('is the one of the example in the AWS General Reference', () => {
    expect(deriveSigningKey(secretKey, parts).toString('hex')).toBe(
      'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9',
    )
  })
})

describe('the cache of signing keys', () => {
  it('gives the same key again', () => {
    const cache = new SigningKeyCache()
    const key = cache.get('AKIA', 'scope', secretKey, parts)
    expect(cache.get('AKIA', 'scope', secretKey, parts)).toBe(key)
  })

  it('derives anew when the secret behind an access key id was replaced', () => {
    const cache = new SigningKeyCache()
    const key = cache.get('AKIA', 'scope', secretKey, parts)
    const other = cache.get('AKIA', 'scope', sigv4SecretKey('other'), parts)
    expect(other.inner).not.toEqual(key.inner)
  })

  it('forgets the oldest key when it is full', () => {
    const cache = new SigningKeyCache(2)
    const first = cache.get('AKIA', '1', secretKey, parts)
    cache.get('AKIA', '2', secretKey, parts)
    cache.get('AKIA', '3', secretKey, parts)
    expect(cache.get('AKIA', '1', secretKey, parts)).not.toBe(first)
  })
})
