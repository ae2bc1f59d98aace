import { createWorkflow, FatalError } from 'holdfast'
import { z } from 'zod'
import { agentName, AGENTS } from '../lib/agents.ts'
import { runTests } from '../lib/runTests.ts'

const MAX_TEST_ROUNDS = 3

/** One part of `full-sdlc`: a run of its own, in a worktree and on a branch of its own. */
export default createWorkflow(
  {
    name: 'build-part',
    description: 'Implements one part in a worktree of its own and commits it',
    input: z.object({ name: z.string(), goal: z.string(), agent: agentName }),
    workspace: 'worktree',
    budget: { usd: 3 },
  },
  async (ctx) => {
    const { name, goal } = ctx.input
    const agent = AGENTS[ctx.input.agent]
    const work = await ctx.runCli(
      'implement',
      agent,
      `Implement this, with tests, and nothing else.\n\n${goal}`,
    )
    for (let round = 1; ; round++) {
      const tests = await runTests(ctx, round)
      if (tests.passed) break
      if (round === MAX_TEST_ROUNDS) throw new FatalError(`The tests of ${name} still fail:\n${tests.tail}`)
      await ctx.runCli('repair', agent, `The tests fail. Repair the code.\n\n${tests.tail}`, {
        resume: work.sessionId,
      })
    }
    const { hash } = await ctx.git.commit(`Add ${name}`)
    if (hash === null) throw new FatalError(`The agent changed nothing for ${name}: ${work.text}`)
    return { name, commit: hash, summary: work.text }
  },
)
