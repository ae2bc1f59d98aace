import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createWorkflow, isWorkflow, WorkflowError, type WorkflowConfig } from '../src/index.ts'
import { refusalOf } from './refusal.ts'

const execute = async (): Promise<string> => 'done'

describe('createWorkflow', () => {
  it('fills in the defaults', () => {
    expect(createWorkflow({ name: 'a' }, execute)).toEqual({
      kind: 'holdfast.workflow',
      name: 'a',
      description: '',
      input: null,
      timeoutMs: 3_600_000,
      deadlineMs: null,
      onFailure: null,
      onParentClose: 'cancel',
      retry: null,
      budget: null,
      workspace: 'project',
      queue: { priority: 0, concurrency: null, rateLimit: null, singleton: null, debounce: null },
      execute,
    })
  })

  it('keeps what it is given, durations as milliseconds', () => {
    const input = z.object({ id: z.string() })
    const retry = {
      maxAttempts: 3,
      backoff: 'linear',
      delayMs: '1s',
      maxDelayMs: 5000,
      jitter: false,
    } as const
    const definition = createWorkflow(
      {
        name: 'simple-sdlc-2',
        description: 'Builds a feature',
        input,
        timeoutMs: '10m',
        deadlineMs: '2 days',
        onFailure: 'ask',
        onParentClose: 'detach',
        retry,
        workspace: 'worktree',
      },
      execute,
    )
    expect(definition).toMatchObject({
      name: 'simple-sdlc-2',
      description: 'Builds a feature',
      timeoutMs: 600_000,
      deadlineMs: 172_800_000,
      onFailure: 'ask',
      onParentClose: 'detach',
      workspace: 'worktree',
    })
    expect(definition.input).toBe(input)
    expect(definition.retry).toBe(retry)
    expect(Object.isFrozen(definition)).toBe(true)
  })

  it.each(['a', '0', 'a-b', 'a'.repeat(100)])('takes the name %j', (name) => {
    expect(createWorkflow({ name }, execute).name).toBe(name)
  })

  it.each(['', 'A', 'a_b', 'a b', '-a', 'a-', 'ä', 'a'.repeat(101), 7, null, undefined])(
    'refuses the name %j',
    (name) => {
      const error = refusalOf(() => createWorkflow({ name } as WorkflowConfig, execute))
      expect(error).toMatchObject({ code: 'OPTION_INVALID', details: { option: 'name' } })
      expect(error.message).toContain('lower-case letters, digits and dashes')
    },
  )

  it.each(['triggers', 'timeout'])('refuses the option %j, which this version does not know', (option) => {
    const error = refusalOf(() => createWorkflow({ name: 'a', [option]: {} }, execute))
    expect(error).toMatchObject({ code: 'OPTION_UNKNOWN', details: { workflow: 'a', option } })
    expect(error.message).toContain('Known options: name, description')
  })

  it('keeps when its runs begin and go', () => {
    const key = (input: { readonly customer: string }): string => input.customer
    const { queue } = createWorkflow(
      {
        name: 'a',
        input: z.object({ customer: z.string() }),
        priority: -3,
        concurrency: { limit: 2, key },
        rateLimit: { limit: 10, perMs: '1m' },
        singleton: { key },
        debounce: { key, waitMs: '5s', maxWaitMs: 60_000 },
      },
      execute,
    )
    expect(queue).toEqual({
      priority: -3,
      concurrency: { limit: 2, key },
      rateLimit: { limit: 10, perMs: 60_000 },
      singleton: { key, onConflict: 'use-existing' },
      debounce: { key, waitMs: 5000, maxWaitMs: 60_000 },
    })
  })

  it.each([
    ['concurrency.keys', { concurrency: { limit: 1, keys: 'a' } }],
    ['rateLimit.per', { rateLimit: { limit: 1, perMs: 5, per: 'm' } }],
  ])('refuses the unknown field %s', (field, config) => {
    const error = refusalOf(() => createWorkflow({ name: 'a', ...config }, execute))
    expect(error).toMatchObject({ code: 'OPTION_UNKNOWN', details: { option: field.split('.')[1] } })
  })

  it.each([
    ['onFailure', { onFailure: 'retry' }],
    ['concurrency', { concurrency: 3 }],
    ['concurrency', { concurrency: {} }],
    ['concurrency', { concurrency: null }],
    ['limit', { concurrency: { limit: 0 } }],
    ['limit', { rateLimit: { limit: 1.5, perMs: 1000 } }],
    ['rateLimit', { rateLimit: { limit: 1 } }],
    ['key', { concurrency: { limit: 1, key: 'input.customer' } }],
    ['priority', { priority: 101 }],
    ['priority', { priority: 'high' }],
    ['onConflict', { singleton: { onConflict: 'skip' } }],
    ['debounce', { debounce: { key: () => 'a' } }],
    ['onParentClose', { onParentClose: 'kill' }],
    ['workspace', { workspace: 'docker' }],
    ['input', { input: { type: 'object' } }],
    ['input', { input: 'string' }],
    ['input', { input: null }],
    ['maxAttempts', { retry: { maxAttempts: 0 } }],
    ['maxAttempts', { retry: { maxAttempts: 1.5 } }],
    ['jitter', { retry: { jitter: 'yes' } }],
    ['retry', { retry: null }],
    ['budget', { budget: null }],
    ['budget', { budget: 5 }],
    ['budget', { budget: { usd: 0 } }],
    ['budget', { budget: { tokens: 1.5 } }],
    ['budget', { budget: { turns: '3' } }],
    ['retry', { retry: 3 }],
    ['backoff', { retry: { backoff: 'random' } }],
  ])('refuses a value that %s cannot take: %j', (option, config) => {
    const error = refusalOf(() =>
      createWorkflow({ name: 'a', ...config } as unknown as WorkflowConfig, execute),
    )
    expect(error).toMatchObject({ code: 'OPTION_INVALID', details: { option } })
    expect(error.message).toContain('workflow "a"')
  })

  it('refuses an unknown field of retry', () => {
    const config = { name: 'a', retry: { attempts: 3 } } as unknown as WorkflowConfig
    expect(refusalOf(() => createWorkflow(config, execute))).toMatchObject({
      code: 'OPTION_UNKNOWN',
      message:
        'retry of workflow "a" sets "attempts". Known fields: maxAttempts, backoff, delayMs, maxDelayMs, jitter.',
    })
  })

  it.each([
    ['timeoutMs of workflow "a"', { timeoutMs: 'soon' }],
    ['deadlineMs of workflow "a"', { deadlineMs: -1 }],
    ['rateLimit.perMs of workflow "a"', { rateLimit: { limit: 1, perMs: 'minute' } }],
    ['debounce.waitMs of workflow "a"', { debounce: { waitMs: -1 } }],
    ['delayMs in retry of workflow "a"', { retry: { delayMs: '' } }],
    ['maxDelayMs in retry of workflow "a"', { retry: { maxDelayMs: Number.NaN } }],
  ])('refuses %s that is no duration', (what, config) => {
    const error = refusalOf(() => createWorkflow({ name: 'a', ...config }, execute))
    expect(error).toMatchObject({ code: 'DURATION_INVALID', details: { what } })
  })

  it.each([null, undefined, 'a'])('refuses %j as its configuration', (config) => {
    const error = refusalOf(() => createWorkflow(config as unknown as WorkflowConfig, execute))
    expect(error).toMatchObject({ code: 'OPTION_INVALID', details: { option: 'config' } })
  })

  it('refuses a workflow without a function', () => {
    const error = refusalOf(() => createWorkflow({ name: 'a' }, undefined as unknown as typeof execute))
    expect(error).toMatchObject({ code: 'OPTION_INVALID', details: { option: 'execute' } })
    expect(error.message).toContain('async (ctx) =>')
  })
})

describe('isWorkflow', () => {
  it('knows definitions, also of another copy of the package', () => {
    expect(isWorkflow(createWorkflow({ name: 'a' }, execute))).toBe(true)
    expect(isWorkflow({ kind: 'holdfast.workflow' })).toBe(true)
  })

  it.each([null, undefined, 'holdfast.workflow', {}, { kind: 'other' }, execute])('refuses %j', (value) => {
    expect(isWorkflow(value)).toBe(false)
  })
})

it('throws errors that are recognised', () => {
  expect(WorkflowError.is(refusalOf(() => createWorkflow({ name: '' }, execute)))).toBe(true)
})
