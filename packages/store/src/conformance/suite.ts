import { afterEach, describe, expect, test } from 'vitest'
import { WorkflowError, type ErrorCode } from '@holdfast/workflow-sdk'
import type { StoreOptions } from '../sqlite/openSqliteStore.ts'
import type { Backend } from './Backend.ts'
import { Bench } from './Bench.ts'

/** Registers a test of the suite; `bench` opens a store that is closed afterwards. */
export type Rule = (
  name: string,
  body: (bench: (options?: StoreOptions) => Promise<Bench>) => Promise<void>,
) => void

/** Registers one group of rules for a backend; rules that it skips are shown as skipped with the reason. */
export function group(backend: Backend, name: string, register: (rule: Rule) => void): void {
  describe(`${backend.name}: ${name}`, () => {
    const open: Bench[] = []
    afterEach(async () => {
      await Promise.all(open.splice(0).map(async ({ store }) => await store.close()))
    })
    register((title, body) => {
      const id = /^\[(\w+)\]/.exec(title)?.[1] ?? ''
      const reason = backend.skip?.[id]
      // The reason stands in the name of the test.
      test.skipIf(reason !== undefined)(reason === undefined ? title : `${title} (${reason})`, async () => {
        await body(async (options) => {
          const bench = await Bench.open(backend, options)
          open.push(bench)
          return bench
        })
      })
    })
  })
}

/** Expects a rejection with one of the catalogue's codes; answers the error. */
export async function refusal(promise: Promise<unknown>, code: ErrorCode): Promise<WorkflowError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(WorkflowError.is(error) ? error.code : error).toBe(code)
  return error as WorkflowError
}
