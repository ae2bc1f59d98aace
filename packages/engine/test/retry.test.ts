import { FatalError, RetryableError, WorkflowError } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { nextAttemptDelay, resolveRetry, retryDelayMs } from '../src/steps/retry.ts'

const policy = (backoff: 'exponential' | 'linear' | 'fixed', jitter = false) =>
  resolveRetry({ backoff, jitter, delayMs: 100, maxDelayMs: 1000, maxAttempts: 5 }, null, false)

describe('delays between attempts', () => {
  it.each([
    ['exponential', [100, 200, 400, 800, 1000]],
    ['linear', [100, 200, 300, 400, 500]],
    ['fixed', [100, 100, 100, 100, 100]],
  ] as const)('%s', (backoff, expected) => {
    expect([1, 2, 3, 4, 5].map((attempt) => retryDelayMs(policy(backoff), attempt, 0.5))).toEqual(expected)
  })

  it('draws from the upper half with jitter', () => {
    const jittered = policy('fixed', true)
    expect(retryDelayMs(jittered, 1, 0)).toBe(50)
    expect(retryDelayMs(jittered, 1, 0.999_999)).toBe(100)
  })

  it('does not overflow after many attempts', () => {
    expect(retryDelayMs(policy('exponential'), 5000, 0)).toBe(1000)
  })
})

describe('whether there is another attempt', () => {
  it('stops at the last one', () => {
    expect(nextAttemptDelay(policy('fixed'), 4, new Error('x'), 0)).toBe(100)
    expect(nextAttemptDelay(policy('fixed'), 5, new Error('x'), 0)).toBeNull()
  })

  it('stops at once for a FatalError and for code that is wrong', () => {
    expect(nextAttemptDelay(policy('fixed'), 1, new FatalError('no'), 0)).toBeNull()
    expect(nextAttemptDelay(policy('fixed'), 1, new WorkflowError('WAIT_INSIDE_STEP', 'no'), 0)).toBeNull()
  })

  it('waits as long as a RetryableError asks for', () => {
    expect(nextAttemptDelay(policy('fixed'), 1, new RetryableError('later', { afterMs: 7777 }), 0)).toBe(7777)
    expect(nextAttemptDelay(policy('fixed'), 1, new RetryableError('later'), 0)).toBe(100)
  })
})

describe('where a policy comes from', () => {
  it('takes the call, then the workflow, then the defaults', () => {
    expect(resolveRetry(undefined, null, false)).toEqual({
      maxAttempts: 3,
      backoff: 'exponential',
      delayMs: 1000,
      maxDelayMs: 300_000,
      jitter: true,
    })
    expect(resolveRetry({ delayMs: '2s' }, { maxAttempts: 7, backoff: 'linear' }, false)).toMatchObject({
      maxAttempts: 7,
      backoff: 'linear',
      delayMs: 2000,
    })
  })

  it('makes one attempt the default of what costs money or leaves the machine, whatever the workflow says', () => {
    expect(resolveRetry(undefined, { maxAttempts: 7 }, true).maxAttempts).toBe(1)
    expect(resolveRetry({ maxAttempts: 2 }, { maxAttempts: 7 }, true).maxAttempts).toBe(2)
  })
})
