import { createWorkflow, FatalError, type WorkflowContext } from 'holdfast'
import { claude, codex, gemini, replay } from 'holdfast/agents'
import { z } from 'zod'

/** Agents by the names that the input takes. `replay` plays a recorded session and costs nothing. */
const AGENTS = { claude, codex, gemini, replay: replay({ recording: '.agent/recordings' }) }
const MAX_TEST_ROUNDS = 3

const input = z.object({
  issue: z.string().min(1),
  agent: z.enum(['claude', 'codex', 'gemini', 'replay']).default('claude'),
  testCommand: z.string().min(1).default('npm test'),
})
type Context = WorkflowContext<z.output<typeof input>>

/** What the planner must answer; anything else goes back to it with the reason. */
const Plan = z.object({
  branch: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/)
    .describe('short, e.g. "truncate-text"'),
  commitMessage: z.string().describe('one imperative line'),
  steps: z.array(z.string()),
  risks: z.array(z.string()),
})
type Plan = z.output<typeof Plan>

const Review = z.object({
  summary: z.string(),
  findings: z.array(z.string()).describe('what must change; empty when it is ready'),
})

/** From an issue to a commit: plan, agree, implement, test, repair, review. */
export default createWorkflow(
  {
    name: 'build-feature',
    description: 'Issue → plan → approval → implement → test and repair → review → commit',
    input,
    workspace: 'worktree',
    budget: { usd: 3 },
  },
  async (ctx) => {
    const agent = AGENTS[ctx.input.agent]
    const agreed = await agreeOnPlan(ctx, planPrompt(ctx.input.issue))
    if (agreed === null) return { committed: false, summary: 'Nobody wanted the plan.' }
    const { plan, sessionId } = agreed
    const branch = await ctx.git.ensureBranch(`feature/${plan.branch}`)
    ctx.tag('branch', branch.name)

    // The planner knows the repository already, so the same conversation goes on.
    const work = await ctx.runCli('implement', agent, implementPrompt(plan), { resume: sessionId })
    const rounds = await testUntilGreen(ctx, work.sessionId)

    const { patch } = await ctx.git.diff()
    const { output: review } = await ctx.runCli('review', agent, reviewPrompt(ctx.input.issue, patch), {
      permissionMode: 'plan',
      schema: Review,
    })
    await ctx.artifact('review.json', { content: JSON.stringify(review, null, 2), type: 'document' })
    if (review.findings.length > 0 && !(await commitAnyway(ctx, review.findings)))
      return { committed: false, summary: `The review objected: ${review.findings.join(' ')}` }

    const { hash } = await ctx.git.commit(plan.commitMessage)
    return {
      committed: true,
      branch: branch.name,
      commit: hash,
      rounds,
      summary: `${plan.commitMessage}, on ${branch.name} after ${rounds} test rounds.`,
    }
  },
)

/** Plans until a person agrees. A rejection with a comment goes back to the planner, one without ends it: null. */
async function agreeOnPlan(
  ctx: Context,
  prompt: string,
  session: string | null = null,
): Promise<{ plan: Plan; sessionId: string | null } | null> {
  const { output: plan, sessionId } = await ctx.runCli('plan', AGENTS[ctx.input.agent], prompt, {
    permissionMode: 'plan',
    schema: Plan,
    resume: session,
  })
  const body = asMarkdown(plan)
  await ctx.artifact('plan.md', { content: body, type: 'document' })
  const answer = await ctx.approve({ name: 'plan', title: 'Build it like this?', body })
  if (answer.approved) return { plan, sessionId }
  if (answer.comment === '') return null
  return agreeOnPlan(ctx, `Plan again. The answer to your plan was: ${answer.comment}`, sessionId)
}

/** Runs the tests; failures go back to the agent that wrote the code. Answers how many rounds it took. */
async function testUntilGreen(ctx: Context, sessionId: string | null): Promise<number> {
  for (let round = 1; ; round++) {
    const { exitCode, stdout, stderr } = await ctx.shell(ctx.input.testCommand, {
      name: 'test',
      allowFailure: true,
    })
    const report = stdout + stderr
    await ctx.artifact(`test-report-${round}.txt`, { content: report, type: 'test_report' })
    if (exitCode === 0) return round
    if (round === MAX_TEST_ROUNDS)
      throw new FatalError(`The tests still fail after ${round} rounds:\n${report.slice(-2000)}`)
    await ctx.runCli('repair', AGENTS[ctx.input.agent], repairPrompt(report), { resume: sessionId })
  }
}

async function commitAnyway(ctx: Context, findings: readonly string[]): Promise<boolean> {
  const body = findings.map((finding) => `- ${finding}`).join('\n')
  return (await ctx.approve({ name: 'objections', title: 'Commit although the review objects?', body }))
    .approved
}

const asMarkdown = ({ commitMessage, steps, risks }: Plan): string =>
  `# ${commitMessage}\n\n${steps.map((step, index) => `${index + 1}. ${step}`).join('\n')}\n` +
  (risks.length === 0 ? '' : `\nRisks:\n${risks.map((risk) => `- ${risk}`).join('\n')}\n`)

const planPrompt = (issue: string): string =>
  `Read the repository and plan what this issue asks for. Do not write files.\n\n${issue}`
const implementPrompt = (plan: Plan): string =>
  `The plan is agreed. Implement it, with tests.\n\n${asMarkdown(plan)}`
const repairPrompt = (report: string): string => `The tests fail. Repair the code.\n\n${report.slice(-2000)}`
const reviewPrompt = (issue: string, patch: string): string =>
  `Review this change against its issue. Do not write files.\n\n# Issue\n${issue}\n\n# Change\n${patch}`
