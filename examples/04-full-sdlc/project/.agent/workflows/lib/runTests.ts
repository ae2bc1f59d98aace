import type { WorkflowContext } from 'holdfast'

/** Runs the project's tests in the run's workspace; the report is kept. */
export async function runTests(
  ctx: WorkflowContext,
  round: number,
): Promise<{ passed: boolean; tail: string }> {
  const { exitCode, stdout, stderr } = await ctx.shell('npm test', { name: 'test', allowFailure: true })
  const report = stdout + stderr
  await ctx.artifact(`test-report-${round}.txt`, { content: report, type: 'test_report' })
  return { passed: exitCode === 0, tail: report.slice(-2000) }
}
