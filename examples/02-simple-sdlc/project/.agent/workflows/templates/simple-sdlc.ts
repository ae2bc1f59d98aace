import { createWorkflow, type WorkflowContext } from 'holdfast'
import { claude, codex, replay } from 'holdfast/agents'
import { z } from 'zod'

/** Agents by the names that the input takes. `replay` plays a recorded session and costs nothing. */
const AGENTS = { claude, codex, replay: replay({ recording: '.agent/recordings' }) }
const MAX_TEST_ROUNDS = 3

const input = z.object({
  featureName: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and dashes'),
  specPath: z.string().min(1),
  planner: z.enum(['claude', 'codex', 'replay']).default('claude'),
  implementer: z.enum(['claude', 'codex', 'replay']).default('codex'),
})
type Context = WorkflowContext<z.output<typeof input>>

/** From a specification to a pull request: plan, implement, test, repair, review, ask, publish. */
export default createWorkflow(
  {
    name: 'simple-sdlc',
    description: 'Spec → branch → plan → implement → test → review → pull request',
    input,
  },
  async (ctx) => {
    const { featureName, specPath } = ctx.input
    const planner = AGENTS[ctx.input.planner]
    const implementer = AGENTS[ctx.input.implementer]

    const spec = await ctx.run('load-spec', ({ ctx }) => ctx.files.read(specPath))
    const branch = await ctx.run('setup-branch', ({ ctx }) => ctx.git.ensureBranch(`feature/${featureName}`))
    ctx.set('branch', branch.name)

    const plan = await ctx.runCli('generate-plan', planner, planPrompt(spec), { permissionMode: 'plan' })
    await ctx.artifact('plan.md', { content: plan.text, type: 'document' })
    await ctx.comment(`Planned by ${ctx.input.planner}`, { sessionId: plan.sessionId })

    const work = await ctx.runCli('implement', implementer, implementPrompt(spec, plan.text))
    const tests = await testAndRepair(ctx, work.sessionId)
    if (!tests.passed) throw new Error(`The tests still fail after ${MAX_TEST_ROUNDS} rounds:\n${tests.tail}`)

    const review = await ctx.runCli('review', planner, reviewPrompt(spec), { permissionMode: 'plan' })
    await ctx.artifact('review.md', { content: review.text, type: 'document' })

    const decision = await ctx.approve({
      name: 'publish',
      title: `Publish ${ctx.get<string>('branch')}?`,
      body: review.text,
    })
    if (!decision.approved)
      return { branch: branch.name, published: false, rounds: tests.rounds, summary: 'Not published.' }

    const pullRequest = await ctx.run('create-pr', async ({ ctx }) => {
      const commit = await ctx.git.commit(`Add ${featureName}`)
      await ctx.git.push()
      const made = await ctx.git.createPr({
        title: `Add ${featureName}`,
        body: `${plan.text}\n\n${review.text}`,
      })
      return { commit: commit.hash, ...made }
    })
    await ctx.commentExecution(
      pullRequest.url ?? 'No pull request service here: its text is kept as an artifact.',
    )
    return {
      branch: branch.name,
      published: true,
      rounds: tests.rounds,
      pullRequest,
      summary: `${featureName} is on ${branch.name} after ${tests.rounds} test rounds.`,
    }
  },
)

/** Runs the tests; failures go back to the agent that wrote the code, in the same session. */
async function testAndRepair(ctx: Context, sessionId: string | null) {
  for (let round = 1; ; round++) {
    const tests = await ctx.run('run-tests', async ({ ctx }) => {
      const { exitCode, stdout, stderr } = await ctx.shell(['npm', 'test'], { allowFailure: true })
      await ctx.artifact(`test-report-${round}.txt`, { content: stdout + stderr, type: 'test_report' })
      return { passed: exitCode === 0, tail: (stdout + stderr).slice(-2000) }
    })
    if (tests.passed || round === MAX_TEST_ROUNDS) return { ...tests, rounds: round }
    await ctx.runCli('repair', AGENTS[ctx.input.implementer], repairPrompt(tests.tail), { resume: sessionId })
  }
}

const planPrompt = (spec: string): string =>
  `Read the repository and plan this change. Answer with the plan only, do not write files.\n\n${spec}`
const implementPrompt = (spec: string, plan: string): string =>
  `Implement this specification, with tests, following the plan.\n\n# Specification\n${spec}\n\n# Plan\n${plan}`
const repairPrompt = (tail: string): string => `The tests fail. Repair the code.\n\n${tail}`
const reviewPrompt = (spec: string): string =>
  `Review the uncommitted changes against this specification. Do not write files.\n\n${spec}`
