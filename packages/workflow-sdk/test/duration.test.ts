import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toMilliseconds } from '../src/index.ts'
import { refusalOf } from './refusal.ts'

it.each([
  [0, 0],
  [1500, 1500],
  [0.4, 0],
  [0.6, 1],
  ['10m', 600_000],
  ['1.5h', 5_400_000],
  ['2 days', 172_800_000],
  ['250', 250],
  ['250ms', 250],
])('reads %j as %d ms', (duration, expected) => {
  expect(toMilliseconds(duration, 'x')).toBe(expected)
})

it.each([
  '',
  'soon',
  '10 parsecs',
  '-1m',
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '101 years',
  1e300,
  null,
  {},
])('refuses %j', (duration) => {
  const error = refusalOf(() => toMilliseconds(duration as string, 'delayMs of step "build"'))
  expect(error.code).toBe('DURATION_INVALID')
  expect(error.message).toContain('delayMs of step "build"')
  expect(error.message).toContain('"10m"')
})

it('leaves whole milliseconds as they are', () => {
  fc.assert(fc.property(fc.nat(), (milliseconds) => toMilliseconds(milliseconds, 'x') === milliseconds))
})
