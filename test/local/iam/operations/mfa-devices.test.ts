import { codeAt, seedBytes, stepAt } from '../../../../local/identities/totp.ts'
import { ACCOUNT, makeIdentities } from '../../support/identities.ts'

async function setUp() {
  const world = makeIdentities()
  const alice = await world.user('alice')
  const { serialNumber: SerialNumber } = await world.mfa('alice')
  const device = () => world.store.account(ACCOUNT).mfaDevices.get('alice')!
  const code = (away: number): string => codeAt(seedBytes(device().seed)!, stepAt(world.clock.now()) + away)
  const enable = (first: number): Promise<unknown> =>
    world.iam('EnableMFADevice', {
      UserName: 'alice',
      SerialNumber,
      AuthenticationCode1: code(first),
      AuthenticationCode2: code(first + 1),
    })
  const resync = (first: number): Promise<unknown> =>
    world.iam('ResyncMFADevice', {
      UserName: 'alice',
      SerialNumber,
      AuthenticationCode1: code(first),
      AuthenticationCode2: code(first + 1),
    })
  const deactivate = (): Promise<unknown> => world.iam('DeactivateMFADevice', { UserName: 'alice', SerialNumber })
  const use = (away: number): Promise<unknown> =>
    world.sts('GetSessionToken', { SerialNumber, TokenCode: code(away) }, alice)
  return { ...world, device, code, enable, resync, deactivate, use }
}

const refused = { status: 403, code: 'InvalidAuthenticationCode' }

describe('a used code', () => {
  it('is used also after its device was deactivated and enabled again', async () => {
    const { enable, deactivate, use, device, clock } = await setUp()
    await use(1)
    const last = device().lastStep
    await deactivate()
    await expect(enable(-1)).rejects.toMatchObject(refused)
    await expect(enable(0)).rejects.toMatchObject(refused)
    expect(device().user).toBeUndefined()
    clock.advance(30_000)
    await enable(0)
    expect(device().lastStep).toBe(last! + 1)
    await expect(use(0)).rejects.toMatchObject({ code: 'AccessDenied' })
  })

  it('does not bring a device into step', async () => {
    const { resync, use, device } = await setUp()
    await use(1)
    const last = device().lastStep
    await expect(resync(-1)).rejects.toMatchObject(refused)
    expect(device().lastStep).toBe(last)
  })
})
