import { printTotp } from '../../../local/cli/totp.ts'
import { run } from '../../../local/cli/program.ts'
import { ConfigProblem } from '../../../local/config.ts'
import { stepOf, stepOfTwo } from '../../../local/identities/totp.ts'
import type { SecretInput } from '../../../local/cli/secret-input.ts'

/** The ASCII text "12345678901234567890" of RFC 6238 appendix B, in base32. */
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const typed = (line: string): SecretInput => ({ isInteractive: false, ask: () => Promise.resolve(line) })

describe('coffer totp', () => {
  // RFC 6238 appendix B, the last six of its eight digits; 59 s is the last second of a step.
  it('prints the code of the present half minute', async () => {
    expect(await printTotp({}, typed(SEED), 59_000)).toBe('287082\n')
  })

  it('prints it after the one before, or the next one, on request', async () => {
    // Steps 0 and 1 of RFC 4226 appendix D.
    expect(await printTotp({ pair: true }, typed(SEED), 59_000)).toBe('755224 287082\n')
    expect(await printTotp({ next: true }, typed(SEED), 29_000)).toBe('287082\n')
  })

  it('prints codes that enable a device, and one that is good after them', async () => {
    const now = 1_800_000_000_000
    const pair = await printTotp({ pair: true }, typed(SEED), now)
    const [first = '', second = ''] = pair.trim().split(' ')
    const third = await printTotp({ next: true }, typed(SEED), now)
    const enabledAt = stepOfTwo(SEED, [first, second], now)
    expect(enabledAt).toBeDefined()
    expect(stepOf(SEED, second, now, enabledAt)).toBeUndefined()
    expect(stepOf(SEED, third.trim(), now, enabledAt)).toBeDefined()
  })

  it('refuses what is no seed, without repeating it', async () => {
    const refused = printTotp({}, typed('hunter2 is no seed'))
    await expect(refused).rejects.toThrow(ConfigProblem)
    await expect(refused).rejects.not.toThrow('hunter2')
  })

  it('is a command that reads the seed and prints the code alone', async () => {
    let out = ''
    const surroundings = { environment: {}, print: (text: string) => void (out += text), complain: () => undefined }
    expect(await run(['totp'], { ...surroundings, input: typed(SEED) })).toBe(0)
    expect(out).toMatch(/^\d{6}\n$/)
    expect(await run(['totp', '--pair', '--next'], { ...surroundings, input: typed(SEED) })).toBe(2)
  })
})
