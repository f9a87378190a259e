import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { SecretMaterial } from '../../lambda/core/domain/secret-material.ts'
import { EnvelopeDamaged, openEnvelope, parseEnvelope, sealEnvelope } from '../../lambda/core/envelope.ts'

const context = {
  SecretARN: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:a-abcdef',
  SecretVersionId: 'v'.repeat(32),
}
/** Fresh each time, since sealing and opening wipe it. */
const key = () => Buffer.alloc(32, 1)
const wrappedKey = { wrapped: Buffer.from('wrapped data key'), keyArn: 'arn:aws:kms:us-east-1:123456789012:key/k' }
const dataKeyWith = () => ({ key: key(), ...wrappedKey })
const seal = (text: string) =>
  sealEnvelope({
    material: new SecretMaterial('string', Buffer.from(text)),
    context,
    dataKey: dataKeyWith(),
    nonce: randomBytes(12),
  })
const open = (sealed: Uint8Array, withContext = context, withKey = key()) =>
  Buffer.from(openEnvelope(parseEnvelope(sealed, withContext), withContext, withKey).reveal()).toString()

describe('the envelope', () => {
  it('gives back what was sealed, with its kind', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3_000 }),
        fc.constantFrom('string' as const, 'binary' as const),
        (bytes, kind) => {
          const sealed = sealEnvelope({
            material: new SecretMaterial(kind, bytes),
            context,
            dataKey: dataKeyWith(),
            nonce: randomBytes(12),
          })
          const opened = openEnvelope(parseEnvelope(sealed, context), context, key())
          expect(opened.kind).toBe(kind)
          expect(Buffer.from(opened.reveal()).equals(bytes)).toBe(true)
        },
      ),
    )
  })

  it('has the layout that docs/envelope.md gives', () => {
    const nonce = Buffer.alloc(12, 9)
    const material = new SecretMaterial('binary', Buffer.from('hello'))
    const sealed = Buffer.from(sealEnvelope({ material, context, dataKey: dataKeyWith(), nonce }))
    const arn = context.SecretARN
    let at = 0
    const take = (count: number) => sealed.subarray(at, (at += count))
    expect([...take(2)]).toEqual([1, 1])
    expect(take(2).readUInt16BE()).toBe(arn.length)
    expect(take(arn.length).toString()).toBe(arn)
    expect(take(2).readUInt16BE()).toBe(wrappedKey.keyArn.length)
    expect(take(wrappedKey.keyArn.length).toString()).toBe(wrappedKey.keyArn)
    expect(take(2).readUInt16BE()).toBe(wrappedKey.wrapped.length)
    expect(take(wrappedKey.wrapped.length).toString()).toBe('wrapped data key')
    // Known answer: HKDF-Expand (RFC 5869) of 32 bytes of 1, computed apart from this code.
    expect(take(32).toString('hex')).toBe('77fc446d43b058c523fcbefbce9244e81f8ed692ded7faa3ecb6167f54dc9cb7')
    expect(take(12)).toEqual(nonce)
    expect(sealed.length - at).toBe(5 + 16)
  })

  it('opens for no change of any bit', () => {
    const sealed = seal('a secret')
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => open(changed)).toThrow(EnvelopeDamaged)
    }
  })

  it('opens for no shorter and no longer form', () => {
    const sealed = seal('a secret')
    for (let length = 0; length < sealed.length; length++)
      expect(() => open(sealed.subarray(0, length))).toThrow(EnvelopeDamaged)
    expect(() => open(Buffer.concat([sealed, Buffer.of(0)]))).toThrow(EnvelopeDamaged)
  })

  it('opens for no other secret, version or key, and does not tell which was wrong', () => {
    const sealed = seal('a secret')
    const attempts = [
      () => open(sealed, { ...context, SecretARN: context.SecretARN.replace('a-', 'b-') }),
      () => open(sealed, { ...context, SecretVersionId: 'w'.repeat(32) }),
      () => open(sealed, context, Buffer.alloc(32, 2)),
    ]
    for (const attempt of attempts) expect(attempt).toThrow(new EnvelopeDamaged())
  })

  it('refuses a value whose commitment is to another key, though its cipher would open', () => {
    const parts = parseEnvelope(seal('a secret'), context)
    const head = Buffer.from(parts.head)
    head[head.length - 1]! ^= 1
    const encryptionKey = createHmac('sha512', key()).update('coffer envelope v1\u0001').digest().subarray(0, 32)
    const cipher = createCipheriv('aes-256-gcm', encryptionKey, parts.nonce)
    const field = (text: string) => Buffer.concat([Buffer.of(text.length >> 8, text.length & 255), Buffer.from(text)])
    const canonical = ['SecretARN', context.SecretARN, 'SecretVersionId', context.SecretVersionId].map(field)
    cipher.setAAD(Buffer.concat([...canonical, head]))
    const forge = (withHead: Buffer) =>
      Buffer.concat([withHead, parts.nonce, cipher.update('a secret'), cipher.final(), cipher.getAuthTag()])
    expect(() => open(forge(head))).toThrow(EnvelopeDamaged)
  })

  it('wipes the data key after use, and takes none of another length', () => {
    const used = key()
    open(seal('x'), context, used)
    expect(used.every((byte) => byte === 0)).toBe(true)
    expect(() => open(seal('x'), context, Buffer.alloc(16))).toThrow(/32 bytes expected/)
  })

  it('refuses a nonce of another length', () => {
    const material = new SecretMaterial('string', Buffer.from('x'))
    expect(() => sealEnvelope({ material, context, dataKey: dataKeyWith(), nonce: randomBytes(11) })).toThrow(
      /12 bytes expected/,
    )
  })
})
