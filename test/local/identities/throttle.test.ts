import { Throttle } from '../../../local/identities/throttle.ts'

let time = 0
beforeEach(() => (time = 0))
const make = (capacity = 100) =>
  new Throttle({ now: () => time, allowed: 3, firstLockMs: 1000, longestLockMs: 8000, capacity })
const fails = (throttle: Throttle, count: number, name = 'a') =>
  Array.from({ length: count }, () => throttle.attempt(name))

describe('a throttle', () => {
  it('lets a few failures pass, then locks for twice as long each time, up to a longest time', () => {
    const throttle = make()
    expect(fails(throttle, 4)).toEqual([true, true, true, false])
    for (const lock of [1000, 2000, 4000, 8000, 8000, 8000]) {
      time += lock - 1
      expect(throttle.attempt('a')).toBe(false)
      time += 1
      expect(throttle.attempt('a')).toBe(true)
    }
  })

  it('counts an attempt before its outcome is known: many at once gain nothing', () => {
    expect(fails(make(), 100).filter(Boolean)).toHaveLength(3)
  })

  it('does not extend a lock by attempts during it', () => {
    const throttle = make()
    fails(throttle, 50)
    time += 1000
    expect(throttle.attempt('a')).toBe(true)
  })

  it('begins anew after a success, or after a long rest', () => {
    const throttle = make()
    fails(throttle, 2)
    throttle.succeed('a')
    expect(fails(throttle, 4)).toEqual([true, true, true, false])
    time += 1000 + 8001
    expect(fails(throttle, 4)).toEqual([true, true, true, false])
  })

  it('forgives one attempt and remembers the others', () => {
    const throttle = make()
    fails(throttle, 2)
    throttle.forgive('a')
    throttle.forgive('unknown')
    expect(fails(throttle, 3)).toEqual([true, true, false])
  })

  it('keeps names apart, and only so many of them', () => {
    const throttle = make(2)
    fails(throttle, 2, 'a')
    throttle.attempt('b')
    throttle.attempt('c')
    expect(fails(throttle, 4, 'a')).toEqual([true, true, true, false])
  })

  it('forgets no lock for a name that is not locked, however many are tried', () => {
    const throttle = make(3)
    fails(throttle, 4, 'a')
    for (let n = 0; n < 100; n++) expect(throttle.attempt(`n${n}`)).toBe(true)
    expect(throttle.attempt('a')).toBe(false)
    time += 1000
    expect(throttle.attempt('a')).toBe(true)
    expect(throttle.attempt('a')).toBe(false)
  })

  it('forgets the lock that would end first where all are locked', () => {
    const throttle = make(2)
    fails(throttle, 4, 'long')
    time += 1000
    fails(throttle, 2, 'long')
    fails(throttle, 4, 'short')
    throttle.attempt('new')
    expect(throttle.attempt('long')).toBe(false)
    expect(throttle.attempt('short')).toBe(true)
  })
})
