import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { hmac, hmacKey } from '../../../lambda/core/domain/hmac.ts'

describe('HMAC', () => {
  it('gives the answers of RFC 4231, test cases 1 and 2', () => {
    const first = hmac(hmacKey('sha256', Buffer.alloc(20, 0x0b)), Buffer.from('Hi There'))
    expect(first.toString('hex')).toBe('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7')
    const second = hmac(hmacKey('sha512', Buffer.from('Jefe')), Buffer.from('what do ya want for nothing?'))
    expect(second.toString('hex')).toBe(
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    )
  })

  it.each(['sha256', 'sha512'] as const)('agrees with createHmac for any key and message: %s', (name) => {
    const key = fc.uint8Array({ maxLength: name === 'sha256' ? 64 : 128 })
    fc.assert(
      fc.property(key, fc.uint8Array({ maxLength: 300 }), (keyBytes, message) => {
        const expected = createHmac(name, keyBytes).update(message).digest('hex')
        expect(hmac(hmacKey(name, keyBytes), message).toString('hex')).toBe(expected)
      }),
    )
  })

  it('refuses a key that is longer than a block', () => {
    expect(() => hmacKey('sha256', new Uint8Array(65))).toThrow('at most 64 bytes')
  })
})
