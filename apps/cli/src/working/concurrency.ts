import { WorkflowError } from '@holdfast/workflow-sdk'

/** What `--concurrency` says, for a worker; without it nothing. @throws WorkflowError `USAGE`. */
export function concurrencyOf(given: string | undefined): { readonly concurrency?: number } {
  if (given === undefined) return {}
  const value = Number(given)
  if (Number.isInteger(value) && value >= 1) return { concurrency: value }
  throw new WorkflowError('USAGE', `--concurrency is ${JSON.stringify(given)}. Use a whole number from 1.`)
}
