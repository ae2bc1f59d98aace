import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createWorkflow, type WorkflowContext, type WorkflowDefinition } from '../src/index.ts'

/** What each of the three schemas below makes of its input: a default is filled in, a text becomes a number. */
interface Input {
  name: string
  dryRun: boolean
  size: number
}

describe('ctx.input has the output type of the schema', () => {
  test('zod', () => {
    const input = z.object({
      name: z.string(),
      dryRun: z.boolean().default(false),
      size: z.string().transform(Number),
    })
    const workflow = createWorkflow({ name: 'a', input }, async (ctx) => {
      expectTypeOf(ctx.input).toEqualTypeOf<Input>()
      expectTypeOf(ctx.input).not.toBeAny()
      return ctx.input.size
    })
    expectTypeOf(workflow).toEqualTypeOf<WorkflowDefinition<Input, number>>()
  })

  test('valibot', () => {
    const input = v.object({
      name: v.string(),
      dryRun: v.optional(v.boolean(), false),
      size: v.pipe(v.string(), v.transform(Number)),
    })
    const workflow = createWorkflow({ name: 'a', input }, async (ctx) => {
      expectTypeOf(ctx.input).toEqualTypeOf<Input>()
      expectTypeOf(ctx.input).not.toBeAny()
      return ctx.input.name
    })
    expectTypeOf(workflow).toEqualTypeOf<WorkflowDefinition<Input, string>>()
  })

  test('arktype', () => {
    const input = type({
      name: 'string',
      dryRun: 'boolean = false',
      size: type('string').pipe((text) => Number(text)),
    })
    const workflow = createWorkflow({ name: 'a', input }, async (ctx) => {
      expectTypeOf(ctx.input).toEqualTypeOf<Input>()
      expectTypeOf(ctx.input).not.toBeAny()
      return { ok: ctx.input.dryRun }
    })
    expectTypeOf(workflow).toEqualTypeOf<WorkflowDefinition<Input, { ok: boolean }>>()
  })

  test('no schema', () => {
    createWorkflow({ name: 'a' }, async (ctx) => {
      expectTypeOf(ctx.input).toBeUnknown()
    })
  })
})

test('only known options and values are taken', () => {
  const execute = async (): Promise<void> => {}
  createWorkflow({ name: 'a', budget: { usd: 5, tokens: 1_000_000, turns: 50, wallMs: '2h' } }, execute)
  // @ts-expect-error -- no such limit
  createWorkflow({ name: 'a', budget: { euros: 5 } }, execute)
  // @ts-expect-error -- no such workspace
  createWorkflow({ name: 'a', workspace: 'docker' }, execute)
  // @ts-expect-error -- a workflow has a name
  createWorkflow({}, execute)
})

declare const ctx: WorkflowContext<{ id: string }>
declare const child: WorkflowDefinition<{ feature: string }, { pr: string | null }>

describe('results of calls', () => {
  test('run gives what its function gives, and hands over a context of the same input', async () => {
    const made = await ctx.run('a', ({ ctx: inner, signal, attempt }) => {
      expectTypeOf(inner.input).toEqualTypeOf<{ id: string }>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(attempt).toEqualTypeOf<number>()
      return { count: 1 }
    })
    expectTypeOf(made).toEqualTypeOf<{ count: number }>()
    expectTypeOf(await ctx.run('b', async () => 'text')).toEqualTypeOf<string>()
    expectTypeOf(await ctx.scope('s', async (inner) => inner.input.id)).toEqualTypeOf<string>()
  })

  test('child takes and gives what its definition says', async () => {
    expectTypeOf(await ctx.child(child, { feature: 'x' })).toEqualTypeOf<{ pr: string | null }>()
    expectTypeOf(await ctx.child(child, { feature: 'x' }, { wait: false })).toEqualTypeOf<{
      readonly runId: string
    }>()
    expectTypeOf(await ctx.child('by-name', {})).toBeUnknown()
    expectTypeOf(await ctx.child<number>('by-name', {})).toEqualTypeOf<number>()
    // @ts-expect-error -- the child's input has no such field
    await ctx.child(child, { title: 'x' })
  })

  test('race tells which branch won, with its own type', async () => {
    const result = await ctx.race({ answer: async () => 'yes', timer: async (inner) => inner.sleep('1h') })
    if (result.winner === 'answer') expectTypeOf(result.value).toEqualTypeOf<string>()
    else expectTypeOf(result.value).toEqualTypeOf<void>()
    expectTypeOf(result.winner).toEqualTypeOf<'answer' | 'timer'>()
  })

  test('all gives each branch under its name', async () => {
    const result = await ctx.all({ one: async () => 1, two: async () => 'b' })
    expectTypeOf(result).toEqualTypeOf<{ readonly one: number; readonly two: string }>()
  })

  test('map gives one result per item', async () => {
    const result = await ctx.map(['a', 'b'], async (item, { index, ctx: inner }) => {
      expectTypeOf(inner.input.id).toEqualTypeOf<string>()
      return item.length + index
    })
    expectTypeOf(result).toEqualTypeOf<number[]>()
  })

  test('ask gives what the schema makes of an answer, else a text', async () => {
    const title = 'Which?'
    expectTypeOf(await ctx.ask({ title })).toEqualTypeOf<string>()
    expectTypeOf(await ctx.ask({ title, schema: z.enum(['a', 'b']) })).toEqualTypeOf<'a' | 'b'>()
    expectTypeOf(await ctx.ask({ title, schema: v.picklist(['a', 'b']) })).toEqualTypeOf<'a' | 'b'>()
    expectTypeOf(await ctx.ask({ title, schema: type("'a' | 'b'") })).toEqualTypeOf<'a' | 'b'>()
  })

  test('runCli gives the checked output, or undefined without a schema', async () => {
    const agent = { agent: 'claude' }
    expectTypeOf((await ctx.runCli('a', agent, 'Do it')).output).toEqualTypeOf<undefined>()
    const { output } = await ctx.runCli('a', agent, 'Do it', { schema: z.object({ ok: z.boolean() }) })
    expectTypeOf(output).toEqualTypeOf<{ ok: boolean }>()
  })

  test('events and state take the type that the author names', async () => {
    const event = await ctx.waitForEvent<{ score: number }>('lead')
    if (event !== null) expectTypeOf(event.data.score).toEqualTypeOf<number>()
    expectTypeOf(event).toBeNullable()
    expectTypeOf(ctx.get('x')).toBeUnknown()
    expectTypeOf(ctx.get<string>('x')).toEqualTypeOf<string | undefined>()
    expectTypeOf<WorkflowContext<{ id: string }>['continueAs']>().parameter(0).toEqualTypeOf<{ id: string }>()
  })
})
