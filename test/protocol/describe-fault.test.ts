import { StoreFailure } from '../../lambda/core/ports/secret-store.ts'
import { describeFault } from '../../lambda/protocol/describe-fault.ts'

describe('what the log says of an unexpected error', () => {
  it("leaves out the message of the language's own errors, which can quote their input", () => {
    let error: unknown
    try {
      JSON.parse('my-secret-value')
    } catch (caught) {
      error = caught
    }
    const fields = describeFault(error)
    expect(fields.error).toBe('SyntaxError')
    expect(JSON.stringify(fields)).not.toContain('my-secret')
    expect(fields.stack).toContain('at ')
  })

  it('shows the message of our own errors and of their causes', () => {
    const full = Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR' })
    const error = new StoreFailure('unavailable', 'the commit failed', { cause: full })
    expect(describeFault(error).error).toBe(
      'StoreFailure: the commit failed <- Error (ERR_SQLITE_ERROR): database or disk is full',
    )
  })

  it.each([undefined, null, 'text', 7, {}, Object.create(null)])('takes whatever was thrown: %p', (thrown: unknown) => {
    expect(describeFault(thrown).error).toEqual(expect.any(String))
  })

  it('ends with errors that cause each other', () => {
    const error = new Error('a')
    error.cause = error
    expect(describeFault(error).error).toBe('Error <- Error <- Error <- Error <- Error')
  })
})
