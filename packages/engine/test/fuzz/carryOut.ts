import { createWorkflow, type AnyWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { turns } from '../../src/testing/index.ts'
import type { Program } from './Program.ts'

/** Called when the body of a step begins. */
export type OnBody = (runId: string, step: string) => void

type Context = WorkflowContext<unknown>

/** The workflows that carry out the program in their input: `main`, and `child` for its children. */
export function fuzzWorkflows(onBody: OnBody): [AnyWorkflow, AnyWorkflow] {
  const carrying = (name: string): AnyWorkflow =>
    createWorkflow({ name, timeoutMs: '900 days' }, async (ctx: Context) =>
      carryOut(ctx, ctx.input as Program, onBody),
    )
  return [carrying('main'), carrying('child')]
}

async function carryOut(ctx: Context, part: Program, onBody: OnBody): Promise<unknown> {
  const inner = (own: Context, each: Program): Promise<unknown> => carryOut(own, each, onBody)
  switch (part.is) {
    case 'step':
      return await step(ctx, part, onBody)
    case 'sleep':
      await ctx.sleep(`${part.minutes}m`, { name: part.id })
      return part.id
    case 'approve': {
      const { approved, by } = await ctx.approve({ name: part.id, title: `Is ${part.id} right?` })
      return `${part.id} ${approved} ${by}`
    }
    case 'event': {
      const received = await ctx.waitForEvent<{ of: string }>(part.id)
      return `${part.id} ${received?.data.of}`
    }
    case 'state':
      ctx.set(part.id, ctx.random())
      return ctx.get<number>(part.id)
    case 'comment':
      await ctx.comment(part.id)
      return part.id
    case 'child':
      return await ctx.child('child', part.part, { key: part.id })
    case 'seq': {
      const values = []
      for (const each of part.parts) values.push(await inner(ctx, each))
      return values
    }
    case 'all':
      return await ctx.all(
        Object.fromEntries(part.parts.map((each) => [each.id, (own: Context) => inner(own, each)])),
        { name: part.id },
      )
    case 'map':
      return await ctx.map(part.parts, (each, branch) => inner(branch.ctx, each), {
        name: part.id,
        concurrency: 2,
      })
    case 'race': {
      // One branch does something, the others wait for what never comes: who wins is no chance.
      const [first, ...others] = part.parts
      const waiting = others.map(({ id }, index) => [
        id,
        (own: Context) => (index === 0 ? own.waitForEvent('never') : own.sleep('400 days')),
      ])
      const branches = { ...Object.fromEntries(waiting), work: (own: Context) => inner(own, first ?? part) }
      const { winner, value } = await ctx.race(branches, { name: part.id })
      return { winner, value: value as unknown }
    }
  }
}

async function step(
  ctx: Context,
  { id, failures, turns: count, nests }: Extract<Program, { is: 'step' }>,
  onBody: OnBody,
): Promise<string> {
  const doIt = async (step: { readonly ctx: Context; readonly attempt: number }): Promise<string> => {
    onBody(ctx.runId, id)
    await turns(count)
    step.ctx.set(`attempt of ${id}`, step.attempt)
    if (step.attempt <= failures) throw new Error(`${id} fails for the ${step.attempt}. time`)
    const deeper = nests
      ? await step.ctx.run(`${id}-inner`, () => {
          onBody(ctx.runId, `${id}-inner`)
          return 'inner'
        })
      : ''
    return `${id} ${step.attempt} ${deeper}`
  }
  return await ctx.run(id, doIt, { retry: { maxAttempts: 3, delayMs: '1m', jitter: false } })
}
