/**
 * Virtual MFA devices. The answer to CreateVirtualMFADevice holds the seed, and no picture: QRCodePNG is left out.
 * @module
 */
import type { Account, MfaDevice, User } from '../../identities/model.ts'
import { withUsedStep, type MfaVerdict, type UsedCodes } from '../../identities/mfa.ts'
import { newSeed } from '../../identities/totp.ts'
import type { IamCall, IamOperations } from '../call.ts'
import { onUser, onUserOrCaller, userNameIn } from '../caller.ts'
import { arnIn, findDevice, keyOf, requireUser, withDevice, withUser } from '../entities.ts'
import * as failures from '../failures.ts'
import { pageOf } from '../paging.ts'
import { presentDevice } from '../present.ts'

/** IAM user guide, "Multi-factor authentication in IAM". */
const DEVICES_PER_USER = 8

export const mfaDeviceOperations = {
  CreateVirtualMFADevice: {
    on: ({ account, input: { Path = '/', VirtualMFADeviceName } }) => ({
      arn: arnIn(account, 'mfa', Path + VirtualMFADeviceName),
    }),
    run({ input, means, change }) {
      if (input.Tags !== undefined && input.Tags.length > 0)
        throw failures.invalidInput('MFA devices have no tags here: leave them out.')
      return change((account) => {
        const { VirtualMFADeviceName: name, Path: path = '/' } = input
        if (account.mfaDevices.has(name)) throw failures.deviceAlreadyThere()
        const serialNumber = arnIn(account, 'mfa', path + name)
        const seed = newSeed(means.entropy)
        const device: MfaDevice = { serialNumber, name, path, origin: 'api', seed }
        return {
          account: withDevice(account, device),
          result: { VirtualMFADevice: { SerialNumber: serialNumber, Base32StringSeed: Buffer.from(seed, 'latin1') } },
        }
      })
    },
  },

  EnableMFADevice: {
    on: onUser,
    run(call) {
      const { input, means, change } = call
      const codes = usedCodes(call)
      return change((account) => {
        const user = requireUser(account, input.UserName)
        const device = requireDevice(account, input.SerialNumber)
        if (device.user !== undefined) throw failures.deviceInUse()
        if (user.mfaDevices.length >= DEVICES_PER_USER)
          throw failures.quotaExceeded('MFADevicesPerUser', DEVICES_PER_USER)
        const enabled: MfaDevice = { ...afterUse(device, codes), user: user.name, enabledAt: means.now() }
        const mfaDevices = [...user.mfaDevices, device.serialNumber]
        return { account: withUser(withDevice(account, enabled), { ...user, mfaDevices }), result: undefined }
      })
    },
  },

  ResyncMFADevice: {
    on: onUser,
    run(call) {
      const { input, change } = call
      requireEnabled(call.account, input)
      const codes = usedCodes(call)
      return change((account) => {
        const { device } = requireEnabled(account, input)
        return { account: withDevice(account, afterUse(device, codes)), result: undefined }
      })
    },
  },

  DeactivateMFADevice: {
    on: onUserOrCaller,
    run: (call) =>
      call.change((account) => {
        const { SerialNumber } = call.input
        const { user, device } = requireEnabled(account, { UserName: userNameIn(call), SerialNumber })
        const { user: _user, enabledAt: _enabledAt, ...free } = device
        const mfaDevices = user.mfaDevices.filter((serial) => serial !== SerialNumber)
        return { account: withUser(withDevice(account, free), { ...user, mfaDevices }), result: undefined }
      }),
  },

  ListMFADevices: {
    on: onUserOrCaller,
    run(call) {
      const user = requireUser(call.account, userNameIn(call))
      const devices = user.mfaDevices.flatMap((serial) => findDevice(call.account, serial) ?? [])
      const { items, rest } = pageOf(devices, ({ serialNumber }) => serialNumber, call.input)
      const shown = items.map(({ serialNumber, enabledAt = 0 }) => ({
        UserName: user.name,
        SerialNumber: serialNumber,
        EnableDate: enabledAt,
      }))
      return { MFADevices: shown, ...rest }
    },
  },

  ListVirtualMFADevices: {
    on: ({ account }) => ({ arn: arnIn(account, 'mfa', '/') }),
    run({ account, input }) {
      const { AssignmentStatus = 'Any' } = input
      const found = [...account.mfaDevices.values()].filter(
        ({ user }) => AssignmentStatus === 'Any' || (AssignmentStatus === 'Assigned') === (user !== undefined),
      )
      const { items, rest } = pageOf(found, ({ serialNumber }) => serialNumber, input)
      return { VirtualMFADevices: items.map((device) => presentDevice(account, device)), ...rest }
    },
  },

  DeleteVirtualMFADevice: {
    on: ({ input }) => ({ arn: input.SerialNumber }),
    run: ({ input, change }) =>
      change((account) => {
        const device = requireDevice(account, input.SerialNumber)
        if (device.user !== undefined) throw failures.deviceIsEnabled()
        const mfaDevices = new Map(account.mfaDevices)
        mfaDevices.delete(device.name)
        return { account: { ...account, mfaDevices }, result: undefined }
      }),
  },
} satisfies Partial<IamOperations>

interface Codes {
  readonly UserName: string
  readonly SerialNumber: string
  readonly AuthenticationCode1: string
  readonly AuthenticationCode2: string
}

/** @throws {QueryError} NoSuchEntity, InvalidAuthenticationCode */
function usedCodes({ input, account, means }: IamCall<Codes>): UsedCodes {
  const { SerialNumber, AuthenticationCode1, AuthenticationCode2 } = input
  const { name } = requireUser(account, input.UserName)
  requireDevice(account, SerialNumber)
  const checked = means.identities.mfa.verifyTwoCodes({
    account: account.id,
    userName: name,
    serialNumber: SerialNumber,
    codes: [AuthenticationCode1, AuthenticationCode2],
  })
  if (checked.verdict === 'accepted') return checked
  throw REFUSALS[checked.verdict](SerialNumber)
}

/** @throws {QueryError} InvalidAuthenticationCode */
function afterUse(device: MfaDevice, codes: UsedCodes): MfaDevice {
  const used = withUsedStep(device, codes)
  if (!used) throw failures.wrongCode()
  return used
}

const REFUSALS: Readonly<Record<Exclude<MfaVerdict, 'accepted'>, (serialNumber: string) => Error>> = {
  'wrong-code': failures.wrongCode,
  throttled: failures.throttledCode,
  'no-device': failures.noSuchDevice,
}

function requireDevice(account: Account, serialNumber: string): MfaDevice {
  const found = findDevice(account, serialNumber)
  if (!found) throw failures.noSuchDevice(serialNumber)
  return found
}

function requireEnabled(
  account: Account,
  { UserName, SerialNumber }: Pick<Codes, 'UserName' | 'SerialNumber'>,
): { readonly user: User; readonly device: MfaDevice } {
  const user = requireUser(account, UserName)
  const device = requireDevice(account, SerialNumber)
  if (device.user === undefined || keyOf(device.user) !== keyOf(user.name)) throw failures.deviceNotEnabled(user.name)
  return { user, device }
}
