import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { turns } from '../src/testing/index.ts'
import { testEngine } from './support/engine.ts'

/** A program: steps of some length, one after the other, beside each other, or racing. */
type Program =
  | { readonly is: 'step'; readonly turns: number; readonly fails: boolean }
  | { readonly is: 'seq' | 'par' | 'race' | 'map'; readonly parts: readonly Program[] }

const program = fc.letrec<{ node: Program }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.record({ is: fc.constant('step' as const), turns: fc.nat(6), fails: fc.boolean() }),
    fc.record({
      is: fc.constantFrom('seq' as const, 'par' as const, 'race' as const, 'map' as const),
      parts: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).node

/** Carries a program out; `trace` gets a line at each continuation. */
async function carryOut(
  ctx: WorkflowContext<unknown>,
  node: Program,
  path: string,
  trace: string[],
): Promise<void> {
  const inner = (part: Program, index: number, own: WorkflowContext<unknown>): Promise<void> =>
    carryOut(own, part, `${path}.${index}`, trace)
  switch (node.is) {
    case 'step': {
      const value = await ctx
        .run(
          `s${path}`,
          async () => {
            await turns(node.turns)
            if (node.fails) throw new Error('as planned')
            return path
          },
          { retry: { maxAttempts: 1 } },
        )
        .catch((error: Error) => `caught ${error.message}`)
      ctx.set(`state ${path}`, trace.length)
      trace.push(`${path} ${value}`)
      break
    }
    case 'seq':
      for (const [index, part] of node.parts.entries()) await inner(part, index, ctx)
      break
    case 'par':
      await Promise.all(node.parts.map((part, index) => inner(part, index, ctx)))
      break
    case 'race': {
      const branches = Object.fromEntries(
        node.parts.map((part, index) => [
          `b${index}`,
          (own: WorkflowContext<unknown>) => inner(part, index, own),
        ]),
      )
      const { winner } = await ctx.race(branches, { name: `race ${path}` })
      trace.push(`${path} won by ${winner}`)
      break
    }
    case 'map':
      await ctx.map(node.parts, (part, branch) => inner(part, branch.index, branch.ctx), {
        name: `map ${path}`,
        concurrency: 2,
      })
      break
  }
}

describe('replay', () => {
  it(
    '[ED4] random programs see their continuations in the same order, live and in every replay',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(program, async (root) => {
          const traces: string[][] = []
          const w = createWorkflow({ name: 'w' }, async (ctx: WorkflowContext<unknown>) => {
            const trace: string[] = []
            traces.push(trace)
            await carryOut(ctx, root, 'r', trace)
            await ctx.sleep('1h')
            return trace.length
          })
          const t = await testEngine({ workflows: [w] })
          const run = await t.start(w, {})
          const first = await run.settled()
          await t.restart()
          await t.engine.resume(run.id, { by: 'test' })
          await run.settled()
          const second = await run.settled()
          expect(second.state).toEqual(first.state)
          await t.advance('1h')
          await run.output()
          await t.close()
          for (const trace of traces) expect(trace).toEqual(traces[0])
          expect(traces.length).toBeGreaterThanOrEqual(2)
        }),
        { numRuns: 150, seed: 20_261_121 },
      )
    },
  )
})
