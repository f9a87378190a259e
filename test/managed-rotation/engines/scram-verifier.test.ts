import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import fc from 'fast-check'
import { md5Verifier, saslPrepared, scramVerifier } from '../../../lambda/managed-rotation/engines/scram-verifier.ts'

describe('a SCRAM verifier', () => {
  it('is that of the example of RFC 7677', async () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
    const verifier = await scramVerifier('pencil', { salt, iterations: 4096 })
    expect(verifier.startsWith('SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$')).toBe(true)
    // The proof and the server's signature of the example follow from it.
    const [stored, server] = verifier
      .split('$')[2]!
      .split(':')
      .map((key) => Buffer.from(key, 'base64'))
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
    const said = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`
    const signature = createHmac('sha256', stored!).update(said).digest()
    const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ signature[index]!))
    expect(createHash('sha256').update(clientKey).digest()).toEqual(stored)
    expect(createHmac('sha256', server!).update(said).digest('base64')).toBe(
      '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    )
  })

  it('has a fresh salt each time, and nothing that SQL would have to quote', async () => {
    const [one, other] = [await scramVerifier('x'), await scramVerifier('x')]
    expect(one).not.toBe(other)
    expect(one).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/)
  })

  it('is of the password as SASLprep has it', async () => {
    const salt = Buffer.alloc(16, 1)
    const key = pbkdf2Sync('a Ib', salt, 4096, 32, 'sha256')
    const server = createHmac('sha256', key).update('Server Key').digest('base64')
    expect(await scramVerifier('a\u00a0\u2160\u00adb', { salt })).toContain(`:${server}`)
  })
})

it('SASLprep leaves ASCII as it is', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => saslPrepared(text) === text))
})

it('the older verifier is the MD5 of password and user', () => {
  expect(md5Verifier('user', 'pass')).toBe(`md5${createHash('md5').update('passuser').digest('hex')}`)
})
