import { createWorkflow } from 'holdfast'
import { z } from 'zod'

/** What the model says about an issue. */
const verdict = z.object({ kind: z.enum(['bug', 'question', 'wish']), urgent: z.boolean() })

export default createWorkflow(
  {
    name: 'triage',
    description: 'Sorts an issue and drafts a reply to an urgent one',
    input: z.object({ issue: z.string().min(1) }),
    budget: { usd: 0.5 },
  },
  async (ctx) => {
    const { issue } = ctx.input
    const { output, promptVersion } = await ctx.prompt('sort', 'triage', {
      variables: { issue },
      schema: verdict,
    })
    ctx.tag('kind', output.kind)
    if (!output.urgent) return { ...output, promptVersion, reply: null }
    const { text } = await ctx.prompt('reply', 'reply', { variables: { kind: output.kind }, message: issue })
    await ctx.artifact('reply.md', { content: text, type: 'document' })
    return { ...output, promptVersion, reply: text }
  },
)
