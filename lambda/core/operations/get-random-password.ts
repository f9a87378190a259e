/**
 * GetRandomPassword (behaviour 5.12).
 * @module
 */
import { randomPassword } from '../domain/random-password.ts'
import { accountOperation } from '../operation.ts'

export const getRandomPassword = accountOperation('GetRandomPassword', {
  needs: [],
  async run({ input, services }) {
    return { RandomPassword: randomPassword(input, services.entropy) }
  },
})
