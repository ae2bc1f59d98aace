import { createWorkflow } from 'holdfast'
import { z } from 'zod'

/** The smallest workflow that shows what a step, a state and a durable wait are. */
export default createWorkflow(
  {
    name: 'hello',
    description: 'Greets somebody, after a short sleep that survives a restart',
    input: z.object({ name: z.string().min(1).default('world') }),
  },
  async (ctx) => {
    const greeting = await ctx.run('compose', () => `Hello, ${ctx.input.name}!`)
    ctx.set('greeting', greeting)
    await ctx.sleep('2s', { name: 'think' })
    await ctx.comment(`After the wait the state still says: ${ctx.get<string>('greeting')}`)
    return greeting
  },
)
