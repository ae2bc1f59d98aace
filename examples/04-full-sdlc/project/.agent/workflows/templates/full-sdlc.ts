import { createWorkflow, FatalError, type WorkflowContext } from 'holdfast'
import { z } from 'zod'
import { agentName, AGENTS } from '../lib/agents.ts'
import { runTests } from '../lib/runTests.ts'
import buildPart from './build-part.ts'

const MAX_REVIEWS = 3

const input = z.object({
  issuePath: z.string().min(1),
  /** Plans, merges and reviews. */
  lead: agentName.default('claude'),
  /** Implements the parts. */
  builder: agentName.default('codex'),
})
type Context = WorkflowContext<z.output<typeof input>>

/** What the lead must answer; anything else goes back to it with the reason. */
const Plan = z.object({
  title: z.string().describe('the title of the pull request'),
  branch: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/)
    .describe('short, e.g. "text-helpers"'),
  parts: z
    .array(z.object({ name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/), goal: z.string() }))
    .describe('parts that can be built at the same time'),
})
type Plan = z.output<typeof Plan>

const Review = z.object({
  findings: z.array(z.string()).describe('what must change; empty when it is ready'),
})

/** From an issue to a pull request: plan, build the parts side by side, merge, review and fix, ask, publish. */
export default createWorkflow(
  {
    name: 'full-sdlc',
    description: 'Issue → plan → parallel worktrees → merge → review and fix → approval → pull request',
    input,
    workspace: 'worktree',
    budget: { usd: 5 },
  },
  async (ctx) => {
    const lead = AGENTS[ctx.input.lead]
    const issue = await ctx.files.read(ctx.input.issuePath)
    const base = await ctx.git.getCurrentCommit()
    const { output: plan } = await ctx.runCli('plan', lead, planPrompt(issue), {
      permissionMode: 'plan',
      schema: Plan,
    })
    const agreed = await ctx.approve({
      name: 'plan',
      title: `Build these ${plan.parts.length} parts side by side?`,
      body: asMarkdown(plan),
    })
    if (!agreed.approved) return { published: false, summary: `The plan was rejected. ${agreed.comment}` }
    const branch = await ctx.git.ensureBranch(`feature/${plan.branch}`)

    const parts = await ctx.map(
      plan.parts,
      (part, { ctx }) => ctx.child(buildPart, { ...part, agent: ctx.input.builder }),
      { concurrency: 2, key: (part) => part.name },
    )
    for (const part of parts) await mergePart(ctx, part)

    const rounds = await reviewUntilReady(ctx, issue, base)
    const { patch, added, removed, files } = await ctx.git.diff({ from: base })
    await ctx.artifact('change.patch', { content: patch, type: 'document' })
    const decision = await ctx.approve({
      name: 'publish',
      title: `Open a pull request for ${branch.name}?`,
      body: `+${added} −${removed} in ${files} files, ready after ${rounds} reviews.`,
      covers: 'commit',
    })
    if (!decision.approved) return { published: false, branch: branch.name, summary: 'Not published.' }

    const pullRequest = await ctx.git.createPr({
      title: plan.title,
      body: asMarkdown(plan),
      requires: decision,
    })
    return {
      published: true,
      branch: branch.name,
      rounds,
      pullRequest,
      summary: `${plan.title}: ${parts.length} parts on ${branch.name}, ready after ${rounds} reviews.`,
    }
  },
)

/** Takes the commit of a part over; where two parts changed the same lines, the lead resolves it. */
async function mergePart(
  ctx: Context,
  part: { name: string; commit: string; summary: string },
): Promise<void> {
  const message = `Merge ${part.name}`
  const { merged, conflicts } = await ctx.git.merge(part.commit, { message })
  if (merged) return
  await ctx.runCli('resolve-conflict', AGENTS[ctx.input.lead], conflictPrompt(part.summary, conflicts))
  await ctx.git.commit(message)
}

/** Tests and reviews the branch; what is found goes to the builder, until nothing is. Answers the rounds. */
async function reviewUntilReady(ctx: Context, issue: string, base: string): Promise<number> {
  for (let round = 1; ; round++) {
    const findings = await findingsOf(ctx, issue, base, round)
    if (findings.length === 0) return round
    if (round === MAX_REVIEWS)
      throw new FatalError(`Not ready after ${round} reviews:\n${findings.join('\n')}`)
    await ctx.runCli('fix', AGENTS[ctx.input.builder], fixPrompt(findings))
    await ctx.git.commit(`Do what review ${round} asks for`)
  }
}

async function findingsOf(ctx: Context, issue: string, base: string, round: number): Promise<string[]> {
  const tests = await runTests(ctx, round)
  if (!tests.passed) return [`The tests fail:\n${tests.tail}`]
  const { patch } = await ctx.git.diff({ from: base })
  const { output: review } = await ctx.runCli('review', AGENTS[ctx.input.lead], reviewPrompt(issue, patch), {
    permissionMode: 'plan',
    schema: Review,
  })
  await ctx.artifact(`review-${round}.json`, { content: JSON.stringify(review, null, 2), type: 'document' })
  return review.findings
}

const asMarkdown = ({ title, parts }: Plan): string =>
  `# ${title}\n\n${parts.map(({ name, goal }) => `## ${name}\n${goal}\n`).join('\n')}`

const planPrompt = (issue: string): string =>
  `Read the repository and cut this issue into parts that can be built at the same time. Do not write files.\n\n${issue}`
const conflictPrompt = (summary: string, files: readonly string[]): string =>
  `Merging a part left conflicts in ${files.join(', ')}. Keep what both sides want and remove git's marks. ` +
  `Do not commit.\n\nThe part that comes in: ${summary}`
const fixPrompt = (findings: readonly string[]): string =>
  `The review of this branch found something. Fix it.\n\n${findings.map((finding) => `- ${finding}`).join('\n')}`
const reviewPrompt = (issue: string, patch: string): string =>
  `Review this change against its issue. Do not write files.\n\n# Issue\n${issue}\n\n# Change\n${patch}`
