import { describe, expect, it } from 'vitest'
import {
  CancelledError,
  ERRORS,
  FatalError,
  RetryableError,
  StepError,
  toErrorRecord,
  WorkflowError,
  type ErrorRecord,
} from '../src/index.ts'

describe('WorkflowError', () => {
  it('carries code, details and cause, and shows its code', () => {
    const cause = new Error('disk')
    const error = new WorkflowError('STORE_FULL', 'No space.', { details: { path: 'a.db' }, cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'WorkflowError',
      code: 'STORE_FULL',
      details: { path: 'a.db' },
      cause,
    })
    expect(String(error)).toBe('No space. [STORE_FULL]')
    expect(error.retryable).toBe(true)
    expect(new WorkflowError('USAGE', 'x').retryable).toBe(false)
  })

  it('has no cause and empty details when none are given', () => {
    const error = new WorkflowError('USAGE', 'x')
    expect('cause' in error).toBe(false)
    expect(error.details).toEqual({})
  })

  it('is recognised across copies of the package', async () => {
    const url = new URL('../src/errors/WorkflowError.ts?copy', import.meta.url).href
    const copy = (await import(/* @vite-ignore */ url)) as typeof import('../src/errors/WorkflowError.ts')
    const error = new copy.WorkflowError('USAGE', 'x')
    expect(copy.WorkflowError).not.toBe(WorkflowError)
    expect(error).not.toBeInstanceOf(WorkflowError)
    expect(WorkflowError.is(error)).toBe(true)
    expect(WorkflowError.has(error, 'INTERNAL', 'USAGE')).toBe(true)
    expect(WorkflowError.has(error, 'INTERNAL')).toBe(false)
  })

  it.each([null, undefined, 'x', new Error('x'), { code: 'USAGE' }])('does not recognise %s', (value) => {
    expect(WorkflowError.is(value)).toBe(false)
    expect(WorkflowError.has(value, 'USAGE')).toBe(false)
  })
})

describe('errors of authors', () => {
  it('are WorkflowErrors with names of their own', () => {
    expect(new FatalError('no', { details: { a: 1 } })).toMatchObject({
      name: 'FatalError',
      code: 'STEP_FAILED',
      details: { a: 1 },
    })
    expect(new RetryableError('later', { afterMs: 500 })).toMatchObject({
      name: 'RetryableError',
      afterMs: 500,
    })
    expect(new RetryableError('later').afterMs).toBe(null)
    expect(new CancelledError()).toMatchObject({ name: 'CancelledError', code: 'RUN_CANCELLED' })
    expect(new CancelledError('stop').message).toBe('stop')
  })
})

describe('the stored form of errors', () => {
  const throughJson = (record: ErrorRecord): ErrorRecord => JSON.parse(JSON.stringify(record)) as ErrorRecord

  it('comes back as a StepError with the same code, facts and cause', () => {
    const cause = Object.assign(new Error('gone'), { code: 'ENOENT' })
    const thrown = new WorkflowError('FILE_NOT_FOUND', 'spec.md does not exist.', {
      details: { path: 'spec.md' },
      cause,
    })
    const error = new StepError('load', throughJson(toErrorRecord(thrown)), 3)
    expect(WorkflowError.is(error)).toBe(true)
    expect(error).toMatchObject({
      name: 'StepError',
      code: 'FILE_NOT_FOUND',
      message: 'spec.md does not exist.',
      step: 'load',
      attempts: 3,
      data: { path: 'spec.md' },
      details: { step: 'load', attempts: 3, path: 'spec.md' },
      cause: { name: 'Error', code: 'ENOENT', message: 'gone' },
    })
    expect(error.record).toEqual(toErrorRecord(thrown))
  })

  it('gives STEP_FAILED for codes that are not ours, and no cause where there was none', () => {
    const error = new StepError(
      'x',
      toErrorRecord(Object.assign(new TypeError('bad'), { code: 'EACCES' })),
      1,
    )
    expect(error.code).toBe('STEP_FAILED')
    expect(error.record).toMatchObject({ name: 'TypeError', code: 'EACCES', message: 'bad' })
    expect('cause' in error).toBe(false)
  })

  it.each([
    ['text', 'text'],
    [{ a: 1 }, '{"a":1}'],
    [undefined, 'undefined'],
    [10n, '10'],
  ])('describes %s that was thrown', (thrown, message) => {
    expect(toErrorRecord(thrown)).toEqual({
      name: 'Error',
      code: null,
      message,
      data: {},
      stack: null,
      cause: null,
    })
  })

  it('cuts long texts and replaces what no store can keep', () => {
    const long = toErrorRecord(new Error('x'.repeat(40_000)))
    expect(long.message).toHaveLength(16 * 1024 + 1)
    expect(long.stack?.length).toBeLessThanOrEqual(16 * 1024 + 1)
    expect(toErrorRecord(new Error('a\0b\uD800c')).message).toBe('a\u2400b\uFFFDc')
  })

  it('keeps at most four causes, and ends where causes go in a circle', () => {
    const circle = new Error('round')
    circle.cause = circle
    let depth = 0
    for (let at: ErrorRecord | null = toErrorRecord(circle); at !== null; at = at.cause) depth += 1
    expect(depth).toBe(5)
  })

  it('takes errors whose fields were changed, are huge, or throw when they are read', () => {
    const changed = Object.assign(new Error('a'), {
      message: { code: 5 },
      stack: null,
      name: Symbol('b'),
      code: 7,
    })
    const bare = { name: 'Error', code: null, data: {}, stack: null, cause: null }
    expect(toErrorRecord(changed)).toEqual({ ...bare, message: '{"code":5}' })
    const huge = Object.assign(new Error('a'), { name: 'n'.repeat(1000), code: 'c'.repeat(1000) })
    expect(toErrorRecord(huge)).toMatchObject({ name: `${'n'.repeat(200)}…`, code: `${'c'.repeat(200)}…` })
    const trap = (): never => {
      throw new Error('trapped')
    }
    const trapped = Object.defineProperty(new Error('a'), 'cause', { get: trap })
    expect(toErrorRecord(trapped)).toMatchObject({ message: 'a', cause: null })
    const circle: object = Object.assign(Object.create(null) as object, { toJSON: trap })
    expect(toErrorRecord(circle)).toEqual({ ...bare, message: 'Something was thrown that cannot be shown.' })
    expect(toErrorRecord(new Proxy({}, { get: trap, getPrototypeOf: trap }))).toMatchObject(bare)
  })

  it('drops details that JSON cannot hold', () => {
    const details: Record<string, unknown> = {}
    details['self'] = details
    expect(toErrorRecord(new WorkflowError('USAGE', 'x', { details })).data).toEqual({})
  })
})

it('every entry of the catalogue has a title of one line and a status', () => {
  for (const [code, { title, httpStatus }] of Object.entries(ERRORS)) {
    expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/)
    expect(title).toMatch(/^[A-Z][^\n]{8,99}[^.]$/)
    expect(httpStatus).toBeGreaterThanOrEqual(400)
  }
})
