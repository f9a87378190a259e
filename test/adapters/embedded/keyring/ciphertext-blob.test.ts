import { createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import type { ContextEntries } from '../../../../lambda/adapters/embedded/keyring/ciphertext-blob.ts'
import {
  generationOf,
  isOwnedBy,
  openBlob,
  ownerOf,
  ownerPrefix,
  sealBlob,
} from '../../../../lambda/adapters/embedded/keyring/ciphertext-blob.ts'

const material = randomBytes(32)
const headerKey = createSecretKey(randomBytes(32))
const name = { account: '012345678901', id: 'mrk-00112233445566778899aabbccddeeff' }
const prefix = ownerPrefix(name)

const seal = (plaintext: Uint8Array, context: ContextEntries): Buffer =>
  sealBlob({ prefix, generation: 3, material, headerKey, nonce: randomBytes(12), plaintext, context })

/** As the keyring opens: whose it is, then the content. */
function open(blob: Buffer, context: ContextEntries): Buffer {
  generationOf(blob)
  if (!isOwnedBy(blob, prefix)) ownerOf(blob, headerKey)
  return openBlob(blob, material, context)
}

/** Every failure looks the same. */
const refusal = expect.objectContaining({
  code: 'InvalidCiphertextException',
  message: 'The ciphertext is damaged, or it was not made with this key and encryption context.',
}) as Error

const contexts = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
  noNullPrototype: false,
})
const canonical = (context: ContextEntries): string => JSON.stringify(Object.entries(context).sort())

describe('a ciphertext blob', () => {
  it('has the documented layout', () => {
    const blob = seal(Buffer.from('hello'), { a: 'b' })
    expect(blob.subarray(0, 26).toString('hex')).toBe(
      '0101' + '0002dfdc1c35' + '00112233445566778899aabbccddeeff' + '0003',
    )
    expect(blob).toHaveLength(46 + 5 + 16)
    expect(ownerOf(blob, headerKey)).toEqual(name)
    expect(generationOf(blob)).toBe(3)
  })

  it('names a key with a UUID as well', () => {
    const uuid = { account: '999999999999', id: '01234567-89ab-4cde-8f01-23456789abcd' }
    const blob = sealBlob({
      prefix: ownerPrefix(uuid),
      generation: 0,
      material,
      headerKey,
      nonce: randomBytes(12),
      plaintext: Buffer.alloc(0),
      context: {},
    })
    expect(ownerOf(blob, headerKey)).toEqual(uuid)
  })

  it('opens to what was sealed, whatever the order of the context', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), contexts, (plaintext, context) => {
        const reversed = Object.fromEntries(Object.entries(context).reverse())
        expect(open(seal(plaintext, context), reversed)).toEqual(Buffer.from(plaintext))
      }),
    )
  })

  it('does not open, and fails alike, with any bit flipped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(), (plaintext, position) => {
        const blob = seal(plaintext, { SecretARN: 'arn' })
        const bit = position % (blob.length * 8)
        blob.writeUInt8(blob.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        expect(() => open(blob, { SecretARN: 'arn' })).toThrow(refusal)
      }),
      { numRuns: 1000 },
    )
  })

  it('does not open when it was cut or extended', () => {
    const blob = seal(Buffer.from('hello'), {})
    for (let length = 0; length < blob.length; length++)
      expect(() => open(blob.subarray(0, length), {})).toThrow(refusal)
    expect(() => open(Buffer.concat([blob, Buffer.alloc(1)]), {})).toThrow(refusal)
  })

  it('does not open under any other context', () => {
    fc.assert(
      fc.property(contexts, contexts, (context, other) => {
        fc.pre(canonical(context) !== canonical(other))
        expect(() => open(seal(Buffer.from('x'), context), other)).toThrow(refusal)
      }),
    )
  })

  it.each([
    [{ a: 'bc' }, { ab: 'c' }],
    [{ a: 'b', c: 'd' }, { a: 'bcd' }],
    [{ a: '' }, { '': 'a' }],
    [{}, { '': '' }],
    [{ 'a\0\0\0\0b': 'c' }, { a: 'b\0\0\0\0c' }],
    [JSON.parse('{"__proto__":"x"}'), {}],
  ] as [ContextEntries, ContextEntries][])('keeps the contexts %j and %j apart', (context, other) => {
    expect(open(seal(Buffer.from('x'), context), context).toString()).toBe('x')
    expect(() => open(seal(Buffer.from('x'), context), other)).toThrow('damaged')
    expect(() => open(seal(Buffer.from('x'), other), context)).toThrow('damaged')
  })
})
