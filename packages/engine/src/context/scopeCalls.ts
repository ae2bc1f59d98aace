import {
  checkRetry,
  WorkflowError,
  type Branches,
  type BranchResults,
  type RaceResult,
  type WorkflowContext,
} from '@holdfast/workflow-sdk'
import type { Execution } from '../execution/Execution.ts'
import { attemptPath, branchPath, type Scope } from '../scopes/Scope.ts'
import { ScopeCall, type Branch } from '../scopes/ScopeCall.ts'
import { resolveRetry } from '../steps/retry.ts'
import { checkOptions, knownOptions, requireBranches, requireFunction, requireName } from './arguments.ts'
import { durable, type CallNaming } from './calls.ts'

type ScopeMethods = Pick<WorkflowContext, 'scope' | 'map' | 'race' | 'all'>

/** The calls that hand out scopes of their own (R1). */
export function scopeCalls(
  x: Execution,
  own: Scope,
  contextOf: (scope: Scope) => WorkflowContext,
): ScopeMethods {
  return {
    scope: <T>(
      name: string,
      fn: (ctx: WorkflowContext) => Promise<T>,
      options: { readonly retry?: Parameters<typeof checkRetry>[0] } = {},
    ) =>
      durable(
        x,
        own,
        () => scopeNaming(name, fn, options),
        (scope, key) => {
          knownOptions(`ctx.scope("${name}")`, options, ['retry'])
          checkRetry(options.retry, `retry of ctx.scope("${name}")`)
          const retry =
            options.retry === undefined ? null : resolveRetry(options.retry, x.facts.definition.retry, false)
          const branch: Branch = {
            label: name,
            path: (attempt) => attemptPath(key, attempt),
            body: (inner) => fn(contextOf(inner)),
          }
          return new ScopeCall<T>(x, scope, key, {
            kind: 'scope',
            name,
            branches: [branch],
            concurrency: 1,
            retry,
            result: ([value]) => value as T,
          })
        },
      ),

    map: <T, R>(
      items: readonly T[],
      fn: (item: T, branch: { readonly ctx: WorkflowContext; readonly index: number }) => Promise<R>,
      options: {
        readonly name?: string
        readonly concurrency?: number
        readonly key?: (item: T, index: number) => string
      } = {},
    ) =>
      durable(
        x,
        own,
        () => mapNaming(items, fn, options),
        (scope, key) => {
          const labels = items.map((item, index) => options.key?.(item, index) ?? String(index))
          knownOptions('ctx.map', options, ['name', 'concurrency', 'key'])
          checkLabels(labels)
          const branches = items.map((item, index): Branch => {
            return {
              label: labels[index]!,
              path: () => branchPath(key, labels[index]!),
              body: (inner) => fn(item, { ctx: contextOf(inner), index }),
            }
          })
          return new ScopeCall<R[]>(x, scope, key, {
            kind: 'scope',
            name: options.name ?? 'map',
            branches,
            concurrency: checkConcurrency(options.concurrency),
            retry: null,
            result: (values) => values as R[],
          })
        },
      ),

    race: <B extends Branches<unknown>>(functions: B, options: { readonly name?: string } = {}) =>
      durable(
        x,
        own,
        () => branchesNaming('race', functions, options),
        (scope, key) => {
          const names = Object.keys(functions)
          if (names.length === 0)
            throw new WorkflowError(
              'OPTION_INVALID',
              'ctx.race was given no branches, so it would never end. Give at least one.',
              { details: { call: 'race' } },
            )
          const result = (values: readonly unknown[], winner: number): RaceResult<B> =>
            ({ winner: names[winner], value: values[winner] }) as RaceResult<B>
          return new ScopeCall<RaceResult<B>>(x, scope, key, {
            kind: 'race',
            name: options.name ?? 'race',
            branches: branchesOf(functions, key, contextOf),
            concurrency: names.length,
            retry: null,
            result,
          })
        },
      ),

    all: <B extends Branches<unknown>>(functions: B, options: { readonly name?: string } = {}) =>
      durable(
        x,
        own,
        () => branchesNaming('all', functions, options),
        (scope, key) => {
          const names = Object.keys(functions)
          const result = (values: readonly unknown[]): BranchResults<B> =>
            Object.fromEntries(names.map((name, index) => [name, values[index]])) as BranchResults<B>
          return new ScopeCall<BranchResults<B>>(x, scope, key, {
            kind: 'scope',
            name: options.name ?? 'all',
            branches: branchesOf(functions, key, contextOf),
            concurrency: Math.max(1, names.length),
            retry: null,
            result,
          })
        },
      ),
  }
}

function scopeNaming(name: unknown, fn: unknown, options: unknown): CallNaming {
  requireName('ctx.scope', name)
  requireFunction(`ctx.scope("${name as string}")`, fn)
  checkOptions(`ctx.scope("${name as string}")`, options)
  return { kind: 'scope', name: name as string }
}

function mapNaming(items: unknown, fn: unknown, options: { readonly name?: string }): CallNaming {
  if (!Array.isArray(items))
    throw new WorkflowError('OPTION_INVALID', 'ctx.map was given no list as its items. Give an array.', {
      details: { call: 'ctx.map' },
    })
  requireFunction('ctx.map', fn)
  checkOptions('ctx.map', options)
  return { kind: 'map', name: options.name }
}

function branchesNaming(
  kind: 'race' | 'all',
  functions: unknown,
  options: { readonly name?: string },
): CallNaming {
  requireBranches(`ctx.${kind}`, functions)
  checkOptions(`ctx.${kind}`, options, ['name'])
  return { kind, name: options.name }
}

function branchesOf(
  functions: Branches<unknown>,
  key: string,
  contextOf: (scope: Scope) => WorkflowContext,
): Branch[] {
  return Object.entries(functions).map(([label, fn]) => ({
    label,
    path: () => branchPath(key, label),
    body: (inner) => fn(contextOf(inner)),
  }))
}

function checkLabels(labels: readonly string[]): void {
  if (new Set(labels).size === labels.length) return
  const twice = labels.find((label, index) => labels.indexOf(label) !== index)
  throw new WorkflowError(
    'OPTION_INVALID',
    `The key function of ctx.map gives "${twice}" to two items. Each item needs a key of its own.`,
    { details: { key: twice } },
  )
}

function checkConcurrency(concurrency: number | undefined): number {
  if (concurrency === undefined) return Number.MAX_SAFE_INTEGER
  if (Number.isInteger(concurrency) && concurrency >= 1) return concurrency
  throw new WorkflowError(
    'OPTION_INVALID',
    `concurrency of ctx.map is ${JSON.stringify(concurrency)}. Use a whole number from 1.`,
    { details: { option: 'concurrency' } },
  )
}
