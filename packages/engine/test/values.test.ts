import { describe, expect, it } from 'vitest'
import { derivedRandom, derivedUuid } from '../src/identity/derive.ts'
import { callHash, keyName, unnamed } from '../src/identity/keys.ts'
import { toPlain } from '../src/values/plain.ts'

describe('[ED5] values that are stored', () => {
  it('copies plain JSON and leaves undefined properties out', () => {
    const value = { a: 1, b: [true, null, 'x'], c: { d: undefined, e: -0 } }
    const { value: plain } = toPlain(value, 'It')
    expect(plain).toEqual({ a: 1, b: [true, null, 'x'], c: { e: 0 } })
    expect(plain).not.toBe(value)
  })

  it('keeps undefined at the top', () => {
    expect(toPlain(undefined, 'It').value).toBeUndefined()
  })

  it.each([
    ['a Date', { at: new Date(0) }, 'result.at'],
    ['a Map', new Map(), 'result'],
    ['a class instance', { list: [new (class Thing {})()] }, 'result.list[0]'],
    ['NaN', { n: Number.NaN }, 'result.n'],
    ['a function', { onDone: () => {} }, 'result.onDone'],
    ['a bigint', 1n, 'result'],
    ['a hole in a list', [1, undefined], 'result[1]'],
  ])('refuses %s with its path', (_name, value, path) => {
    expect(() => toPlain(value, 'Step "x" returned a value')).toThrow(
      expect.objectContaining({ code: 'STEP_OUTPUT_NOT_SERIALIZABLE', details: { path } }),
    )
  })

  it('refuses a cycle', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(() => toPlain(cycle, 'It')).toThrow(/nested deeper/)
  })
})

describe('[EK1] keys', () => {
  it('escapes what has a meaning in paths, so that no name can forge another key', () => {
    expect(keyName('a/b@1:2')).toBe('a%2fb%401%3a2')
    expect(keyName('a%2fb')).not.toBe(keyName('a/b'))
    expect(keyName('~sleep')).not.toBe(unnamed('sleep'))
    expect(keyName('x', 'y')).not.toBe(keyName('x=y'))
  })

  it('hashes kind and declared input', () => {
    expect(callHash('run')).toBe('run')
    expect(callHash('run', { a: 1 })).toBe(callHash('run', { a: 1 }))
    expect(callHash('run', { a: 1 })).not.toBe(callHash('run', { a: 2 }))
  })
})

describe('derived values', () => {
  it('gives version 8 UUIDs, the same for the same parts', () => {
    const id = derivedUuid('run', 'key')
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(derivedUuid('run', 'key')).toBe(id)
    expect(derivedUuid('runk', 'ey')).not.toBe(id)
  })

  it('gives numbers in [0, 1)', () => {
    const numbers = Array.from({ length: 1000 }, (_, index) => derivedRandom('run', String(index)))
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...numbers)).toBeLessThan(1)
    expect(new Set(numbers).size).toBe(1000)
  })
})
