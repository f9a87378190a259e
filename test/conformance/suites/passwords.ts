import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import type { Suite } from '../suite.ts'
import { refusal } from '../target.ts'

const PUNCTUATION = /[!-/:-@[-`{-~]/

export function passwords({ bench, check }: Suite): void {
  describe('GetRandomPassword', () => {
    let sm: SecretsManager
    beforeAll(() => {
      sm = bench.secretsManager()
    })

    check('SM-PASSWORD-01 32 characters of all four classes, another each time', async () => {
      const seen = new Set<string>()
      for (let round = 0; round < 20; round++) {
        const { RandomPassword } = await sm.getRandomPassword({})
        expect(RandomPassword).toHaveLength(32)
        for (const group of [/[a-z]/, /[A-Z]/, /[0-9]/, PUNCTUATION]) expect(RandomPassword).toMatch(group)
        expect(RandomPassword).not.toContain(' ')
        seen.add(RandomPassword!)
      }
      expect(seen.size).toBe(20)
    })

    check('SM-PASSWORD-02 what is excluded does not appear', async () => {
      const { RandomPassword } = await sm.getRandomPassword({
        PasswordLength: 4096,
        ExcludeCharacters: 'xyzDje@?!.',
        ExcludeNumbers: true,
        IncludeSpace: true,
      })
      expect(RandomPassword).toHaveLength(4096)
      expect(RandomPassword).not.toMatch(/[xyzDje@?!.0-9]/)
      expect(RandomPassword).toContain(' ')
    })

    check('SM-PASSWORD-03 SM-PASSWORD-04 SM-PASSWORD-05 what cannot be made is refused', async () => {
      const refused = (message: string): object => refusal('InvalidParameterException', message)
      await expect(sm.getRandomPassword({ PasswordLength: 3 })).rejects.toMatchObject(
        refused('Password length is too short based on the required types.'),
      )
      await expect(sm.getRandomPassword({ ExcludeCharacters: '0123456789' })).rejects.toMatchObject(
        refused('All characters of the desired type have been excluded'),
      )
      const only = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludePunctuation: true }
      await expect(sm.getRandomPassword({ ...only, ExcludeNumbers: true })).rejects.toMatchObject(
        refused('All characters have been excluded from selection'),
      )
      await expect(sm.getRandomPassword({ PasswordLength: 5000 })).rejects.toMatchObject(
        refusal(
          'ValidationException',
          "1 validation error detected: Value '5000' at 'passwordLength' failed to satisfy constraint: Member must have value less than or equal to 4096",
        ),
      )
    })
  })
}
