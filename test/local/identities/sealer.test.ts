import { createSecretKey } from 'node:crypto'
import { sealerOf } from '../../../local/identities/sealer.ts'

const sealer = sealerOf(createSecretKey(Buffer.alloc(32, 7)))
const plain = Buffer.from('a secret')

describe('a sealer', () => {
  it('opens what it sealed under the same context', () => {
    expect(sealer.open(sealer.seal(plain, 'a'), 'a')).toEqual(plain)
  })

  it('never seals the same bytes the same way', () => {
    expect(sealer.seal(plain, 'a')).not.toEqual(sealer.seal(plain, 'a'))
  })

  it('refuses another context, another key, a changed byte anywhere and a cut record', () => {
    const sealed = sealer.seal(plain, 'a')
    expect(() => sealer.open(sealed, 'b')).toThrow()
    expect(() => sealerOf(createSecretKey(Buffer.alloc(32, 8))).open(sealed, 'a')).toThrow()
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at]! ^= 1
      expect(() => sealer.open(changed, 'a')).toThrow()
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => sealer.open(sealed.subarray(0, length), 'a')).toThrow()
  })

  it('takes keys of 256 bits only', () => {
    expect(() => sealerOf(createSecretKey(Buffer.alloc(16)))).toThrow('256 bits')
  })
})
