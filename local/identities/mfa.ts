/**
 * Checks codes of MFA devices: a code is accepted once, which is on the disk before it counts, and wrong codes lock the user out for a while.
 * @module
 */
import type { Account, IdentityStore, MfaDevice } from './model.ts'
import { Throttle, throttledName } from './throttle.ts'
import { stepOf, stepOfTwo } from './totp.ts'

/** `no-device`: there is none of that serial number that is enabled for that user (or, for {@link MfaVerifier.verifyTwoCodes}, none at all). */
export type MfaVerdict = 'accepted' | 'wrong-code' | 'throttled' | 'no-device'

export interface MfaClaim {
  readonly account: string
  readonly userName: string
  readonly serialNumber: string
}

export interface CodeClaim extends Omit<MfaClaim, 'serialNumber'> {
  readonly serialNumber?: string
  readonly code: string
}

export interface MfaVerifierOptions {
  readonly store: IdentityStore
  /** Wall time, epoch milliseconds. */
  readonly now: () => number
}

export class MfaVerifier {
  readonly #options: MfaVerifierOptions
  readonly #throttle: Throttle

  constructor(options: MfaVerifierOptions) {
    this.#options = options
    this.#throttle = new Throttle({ now: options.now })
  }

  /** A code of an enabled device, in a sign-in or a call of STS. @param claim without a serial number: of any device of the user */
  async verifyCode(claim: CodeClaim): Promise<MfaVerdict> {
    const { account, userName, serialNumber, code } = claim
    const { store, now } = this.#options
    const name = throttledName(account, userName)
    if (!this.#throttle.attempt(name)) return 'throttled'
    const verdict = await store.change<MfaVerdict>(account, (state) => {
      const devices = devicesOf(state, userName).filter(
        (device) => (serialNumber ?? device.serialNumber) === device.serialNumber,
      )
      if (devices.length === 0) return { account: state, result: 'no-device' }
      const [match] = devices.flatMap((device) => {
        const step = stepOf(device.seed, code, now(), device.lastStep)
        return step === undefined ? [] : [{ ...device, lastStep: step }]
      })
      if (match === undefined) return { account: state, result: 'wrong-code' }
      const mfaDevices = new Map(state.mfaDevices).set(match.name, match)
      return { account: { ...state, mfaDevices }, result: 'accepted' }
    })
    if (verdict === 'accepted') this.#throttle.succeed(name)
    return verdict
  }

  /**
   * Two codes that follow each other, before a device is enabled for a user.
   * @returns the time step of the second, which nothing keeps here: whoever enables the device does, by {@link withUsedStep}
   */
  verifyTwoCodes(
    claim: MfaClaim & { readonly codes: readonly [string, string] },
  ): UsedCodes | { readonly verdict: Exclude<MfaVerdict, 'accepted'> } {
    const { store, now } = this.#options
    const name = throttledName(claim.account, claim.userName)
    if (!this.#throttle.attempt(name)) return { verdict: 'throttled' }
    const device = deviceOf(store.account(claim.account), claim.serialNumber)
    if (device === undefined) return { verdict: 'no-device' }
    const step = stepOfTwo(device.seed, claim.codes, now(), device.lastStep)
    if (step === undefined) return { verdict: 'wrong-code' }
    this.#throttle.succeed(name)
    return { verdict: 'accepted', step, seed: device.seed }
  }
}

export interface UsedCodes {
  readonly verdict: 'accepted'
  readonly step: number
  /** Of the device that they are of. */
  readonly seed: string
}

/** The device after its codes were used. Undefined: they were used by somebody else in the meantime, or it is another device by now. */
export function withUsedStep(device: MfaDevice, { step, seed }: UsedCodes): MfaDevice | undefined {
  const { lastStep = -1 } = device
  return step > lastStep && seed === device.seed ? { ...device, lastStep: step } : undefined
}

export function deviceOf(account: Account, serialNumber: string): MfaDevice | undefined {
  for (const device of account.mfaDevices.values()) if (device.serialNumber === serialNumber) return device
  return undefined
}

/** Those that are enabled for a user. */
export function devicesOf(account: Account, userName: string): MfaDevice[] {
  const name = userName.toLowerCase()
  return [...account.mfaDevices.values()].filter(({ user }) => user?.toLowerCase() === name)
}
