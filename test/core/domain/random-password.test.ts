import fc from 'fast-check'
import { randomPassword } from '../../../lambda/core/domain/random-password.ts'
import { systemEntropy } from '../../../lambda/adapters/system-entropy.ts'

const draw = (request: Parameters<typeof randomPassword>[0] = {}) => randomPassword(request, systemEntropy)
const PUNCTUATION = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/

describe('GetRandomPassword', () => {
  it('SM-PASSWORD-01 gives 32 characters with each class and no space', () => {
    for (let round = 0; round < 200; round++) {
      const password = draw()
      expect(password).toHaveLength(32)
      for (const kind of [/[A-Z]/, /[a-z]/, /[0-9]/, PUNCTUATION]) expect(password).toMatch(kind)
      expect(password).not.toContain(' ')
    }
  })

  it('SM-PASSWORD-01 admits a space only with IncludeSpace, and does not require it', () => {
    expect(draw({ PasswordLength: 4_096, IncludeSpace: true })).toContain(' ')
    expect(draw({ PasswordLength: 4, IncludeSpace: true })).toHaveLength(4)
  })

  it('SM-PASSWORD-02 leaves out single characters of every class', () => {
    expect(draw({ PasswordLength: 4_096, ExcludeCharacters: 'xyzDje@?!.x\u{1F600}' })).not.toMatch(/[xyzDje@?!.]/)
  })

  it('SM-PASSWORD-03 is refused when shorter than the required classes that are left', () => {
    expect(() => draw({ PasswordLength: 3 })).toThrow('Password length is too short based on the required types.')
    expect(draw({ PasswordLength: 3, ExcludePunctuation: true })).toHaveLength(3)
    expect(draw({ PasswordLength: 1, RequireEachIncludedType: false })).toHaveLength(1)
  })

  it('SM-PASSWORD-04 is refused when a required class is emptied, and fine when it is not required', () => {
    const ExcludeCharacters = '0123456789'
    expect(() => draw({ ExcludeCharacters })).toThrow('All characters of the desired type have been excluded')
    expect(draw({ ExcludeCharacters, RequireEachIncludedType: false })).not.toMatch(/[0-9]/)
  })

  it('SM-PASSWORD-05 is refused when nothing is left', () => {
    const nothing = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true }
    expect(() => draw(nothing)).toThrow('All characters have been excluded from selection')
    expect(draw({ ...nothing, IncludeSpace: true, PasswordLength: 3 })).toBe('   ')
    expect(() => draw({ ...nothing, IncludeSpace: true, ExcludeCharacters: ' ' })).toThrow('from selection')
  })

  it('puts the required characters at random places', () => {
    const places = new Set(Array.from({ length: 300 }, () => draw({ PasswordLength: 8 }).search(/[0-9]/)))
    expect(places.size).toBeGreaterThan(5)
  })

  it('keeps to the request, whatever it is', () => {
    const request = fc.record(
      {
        PasswordLength: fc.integer({ min: 4, max: 64 }),
        ExcludeCharacters: fc.stringMatching(/^[a-f0-4!-/]*$/),
        ExcludeNumbers: fc.boolean(),
        ExcludePunctuation: fc.boolean(),
        ExcludeUppercase: fc.boolean(),
        IncludeSpace: fc.boolean(),
        RequireEachIncludedType: fc.boolean(),
      },
      { requiredKeys: ['PasswordLength'] },
    )
    fc.assert(
      fc.property(request, (input) => {
        const password = draw(input)
        expect(password).toHaveLength(input.PasswordLength)
        expect([...password].some((character) => input.ExcludeCharacters?.includes(character))).toBe(false)
        if (input.ExcludeNumbers) expect(password).not.toMatch(/[0-9]/)
        if (input.ExcludeUppercase) expect(password).not.toMatch(/[A-Z]/)
        if (input.ExcludePunctuation) expect(password).not.toMatch(PUNCTUATION)
      }),
    )
  })
})
