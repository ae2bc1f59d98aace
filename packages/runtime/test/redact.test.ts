import { expect, test } from 'vitest'
import { redacted, redactor } from '../src/recordings/redact.ts'

test('[RT43] values of variables that hold secrets and whatever has the form of one are taken out of every text', () => {
  const redact = redactor(
    {
      MY_API_KEY: 'house-0123456789',
      GH_TOKEN: 'house-0123456789-longer',
      PASSWORD: 'short',
      HOME: '/home/somebody',
    },
    ['from-the-config'],
  )
  expect(redact('a house-0123456789 b house-0123456789-longer c')).toBe(
    'a [redacted:MY_API_KEY] b [redacted:GH_TOKEN] c',
  )
  expect(redact('from-the-config short /home/somebody')).toBe('[redacted] short /home/somebody')
  for (const secret of [
    'sk-ant-api03-abcdefghijklmnop',
    'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
    'AKIAABCDEFGHIJKLMNOP',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
    '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----',
  ])
    expect(redact(`x ${secret} y`)).toBe('x [redacted] y')
  expect(redact('https://me:hunter2@git.example/x')).toBe('https://me:[redacted]@git.example/x')
  expect(redact('Authorization: Bearer abcdefghijklmnopqrst')).toBe('Authorization: Bearer [redacted]')
  expect(redacted({ a: ['from-the-config', 1, null], b: { c: 'task-list-of-sketches' } }, redact)).toEqual({
    a: ['[redacted]', 1, null],
    b: { c: 'task-list-of-sketches' },
  })
})
