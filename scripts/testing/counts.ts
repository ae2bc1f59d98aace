import { existsSync, readFileSync } from 'node:fs'

/** How many tests ended how. */
export interface TestCounts {
  readonly passed: number
  /** Tests, and files that could not even be loaded. */
  readonly failed: number
  readonly skipped: number
}

interface Report {
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** Reads the report of the test runner's `json` reporter; without a report one failure stands for all. */
export function readCounts(reportPath: string): TestCounts {
  if (!existsSync(reportPath)) return { passed: 0, failed: 1, skipped: 0 }
  const { testResults } = JSON.parse(readFileSync(reportPath, 'utf8')) as Report
  const statuses = testResults.flatMap((file) => file.assertionResults.map((test) => test.status))
  const failed = statuses.filter((status) => status === 'failed').length
  const passed = statuses.filter((status) => status === 'passed').length
  const broken = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  return { passed, failed: failed + broken.length, skipped: statuses.length - passed - failed }
}

/** The line that ends a test run: `12 passed, 0 failed`, with `, 1 skipped` where there are any. */
export function countsLine({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
}
