import { expect, test } from 'vitest'
import { providerTrouble } from './providerTrouble.ts'

const NOW = new Date(2026, 10, 24, 15, 0).getTime()
const local = (...at: [number, number, number, number, number]): string => new Date(...at).toISOString()

test.each([
  ['quota', 429, 'You’ve hit your usage limit. Try again later.'],
  ['quota', null, 'Quota exceeded. Check your plan and billing details.'],
  ['rate-limited', 429, 'slow down'],
  ['rate-limited', null, 'exceeded retry limit, last status: 429 Too Many Requests'],
  ['overloaded', 529, 'Overloaded'],
  ['overloaded', null, 'We’re currently experiencing high demand, which may cause temporary errors.'],
  ['bad-key', 401, 'invalid x-api-key'],
  ['model-unknown', 404, 'model: nope'],
  ['context-too-long', 400, 'prompt is too long: 210000 tokens > 200000 maximum'],
  ['unreachable', null, 'Connection failed: error sending request'],
  [null, 400, 'scripted bad request'],
] as const)('[AG31] %s: %s %s', (kind, status, said) => {
  expect(providerTrouble({ status, said }, NOW)).toEqual({ kind, resetAt: null })
})

test.each([
  ['usage limit reached|1795600000', '2026-11-25T09:46:40.000Z'],
  ['Rate limit reached. Please try again in 11.5s', new Date(NOW + 11_500).toISOString()],
  ['usage limit, or try again at 3:05 PM.', local(2026, 10, 24, 15, 6)],
  ['usage limit, or try again at 9:46 AM.', local(2026, 10, 25, 9, 47)],
  ['usage limit, or try again at Dec 1st, 2026 12:30 AM.', local(2026, 11, 1, 0, 31)],
] as const)('[AG31] the reset in "%s"', (said, resetAt) => {
  expect(providerTrouble({ status: 429, said }, NOW).resetAt).toBe(resetAt)
})

test('[AG31] a time that the program stated in figures decides, and belongs to limits only', () => {
  const stated = Date.parse('2026-11-25T00:00:00Z')
  expect(providerTrouble({ status: 429, said: 'session limit', stated }, NOW)).toEqual({
    kind: 'quota',
    resetAt: '2026-11-25T00:00:00.000Z',
  })
  expect(providerTrouble({ status: 500, said: '', stated }, NOW).resetAt).toBeNull()
})
