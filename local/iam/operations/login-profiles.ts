/**
 * Passwords of users. Nobody makes a user change theirs at the next sign-in here: a request for that is refused rather than forgotten.
 * @module
 */
import { hashPassword, isTurnFree, passwordProblem, verifyPassword } from '../../identities/passwords.ts'
import { throttledName } from '../../identities/throttle.ts'
import type { User } from '../../identities/model.ts'
import type { IamOperations } from '../call.ts'
import { callingUser, onUser, onUserOrCaller, userNameIn } from '../caller.ts'
import { holderTarget, requireUser, withUser } from '../entities.ts'
import * as failures from '../failures.ts'
import type { LoginProfile } from '../model/iam.types.generated.ts'

export const loginProfileOperations = {
  CreateLoginProfile: {
    on: onUserOrCaller,
    async run(call) {
      const { input, account, change } = call
      const name = userNameIn(call)
      requireNoReset(input)
      requireUser(account, name)
      if (input.Password === undefined) throw failures.validation('A password must be given.')
      const passwordHash = await newHash(input.Password)
      return change((current) => {
        const user = requireUser(current, name)
        if (user.passwordHash !== undefined) throw failures.loginProfileAlreadyThere(user.name)
        return {
          account: withUser(current, { ...user, passwordHash }),
          result: { LoginProfile: presentProfile(user) },
        }
      })
    },
  },

  GetLoginProfile: {
    on: onUserOrCaller,
    run: (call) => ({ LoginProfile: presentProfile(withPassword(requireUser(call.account, userNameIn(call)))) }),
  },

  UpdateLoginProfile: {
    on: onUser,
    async run({ input, account, change }) {
      requireNoReset(input)
      withPassword(requireUser(account, input.UserName))
      if (input.Password === undefined) return
      const passwordHash = await newHash(input.Password)
      await change((current) => ({
        account: withUser(current, { ...withPassword(requireUser(current, input.UserName)), passwordHash }),
        result: undefined,
      }))
    },
  },

  DeleteLoginProfile: {
    on: onUserOrCaller,
    run: (call) =>
      call.change((account) => {
        const { passwordHash: _, ...rest } = withPassword(requireUser(account, userNameIn(call)))
        return { account: withUser(account, rest), result: undefined }
      }),
  },

  ChangePassword: {
    on: (call) => holderTarget(call.account, 'user', callingUser(call).name),
    async run(call) {
      const { input, account, means, change } = call
      const { name, passwordHash: present } = callingUser(call)
      const { passwordAttempts } = means.identities
      // One that could not be looked at is none that failed.
      if (!isTurnFree('change')) throw failures.tooManyPasswords()
      const throttled = throttledName(account.id, name)
      if (!passwordAttempts.attempt(throttled)) throw failures.throttledPassword()
      // Also where there is none: how long it takes tells nothing.
      if (!(await verifyPassword(input.OldPassword, present, 'change'))) throw failures.refusedOldPassword()
      passwordAttempts.forgive(throttled)
      const passwordHash = await newHash(input.NewPassword)
      await change((account) => {
        const user = withPassword(requireUser(account, name))
        // Somebody else changed it in the meantime: what was proved is worth nothing any more.
        if (user.passwordHash !== present) throw failures.refusedOldPassword()
        return { account: withUser(account, { ...user, passwordHash }), result: undefined }
      })
    },
  },
} satisfies Partial<IamOperations>

/** @throws {QueryError} NoSuchEntity */
function withPassword(user: User): User {
  if (user.passwordHash === undefined) throw failures.noLoginProfile(user.name)
  return user
}

/** @throws {QueryError} PasswordPolicyViolation */
async function newHash(password: string): Promise<string> {
  const problem = passwordProblem(password)
  if (problem !== undefined) throw failures.passwordRefused(problem)
  return hashPassword(password)
}

function requireNoReset({ PasswordResetRequired }: { readonly PasswordResetRequired?: boolean }): void {
  if (PasswordResetRequired === true)
    throw failures.invalidInput('Coffer does not make users change their passwords: leave PasswordResetRequired out.')
}

/** When the password was set is not kept: the user's own date stands in. */
const presentProfile = ({ name, createdAt }: User): LoginProfile => ({
  UserName: name,
  CreateDate: createdAt,
  PasswordResetRequired: false,
})
