import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import type { CrashPlan } from '../src/testing/index.ts'
import { inFiles } from './support/inFiles.ts'
import { inPostgres } from './support/inPostgres.ts'
import { runInLab, type Driver, type Effects, type LabResult, type StorePlace } from './support/crashLab.ts'

/** Parallel branches, a child, a sleep, an approval, retries, state, comments, a race. */
function everything(effects: Effects) {
  const effect =
    <T>(key: string, value: T) =>
    async (): Promise<T> => {
      effects.done.push(key)
      return value
    }
  const child = createWorkflow({ name: 'child' }, async (ctx: WorkflowContext<unknown>) => {
    const a = await ctx.run('child-a', effect('child-a', 20))
    await ctx.sleep('5m')
    return a + (await ctx.run('child-b', effect('child-b', 1)))
  })
  const main = createWorkflow({ name: 'main' }, async (ctx: WorkflowContext<unknown>) => {
    ctx.set('phase', 'begin')
    const first = await ctx.run('first', effect('first', 1))
    const both = await ctx.all(
      {
        left: async (ctx) => {
          const { approved } = await ctx.approve({ name: 'gate', title: 'Go on?' })
          return ctx.run('after-gate', effect('left/after-gate', approved))
        },
        right: async (ctx) => {
          await ctx.sleep('10m')
          return ctx.child(child, { n: 1 })
        },
      },
      { name: 'both' },
    )
    const flaky = await ctx.run(
      'flaky',
      async ({ ctx, attempt }) => {
        ctx.set('attempt', attempt)
        await ctx.run('inner', async () => `inner ${attempt}`)
        if (attempt === 1) throw new Error('the first time')
        return 'flaky'
      },
      { retry: { maxAttempts: 5, delayMs: '1m', jitter: false } },
    )
    await ctx.comment('nearly there', { first })
    const raced = await ctx.race({
      slow: async (ctx) => ctx.sleep('9h'),
      fast: async (ctx) => ctx.waitForEvent('ready'),
    })
    ctx.set('phase', 'end')
    const tail = await ctx.map(['x', 'y'], (item, { ctx }) =>
      ctx.run(`tail-${item}`, effect(`tail-${item}`, `tail-${item}`)),
    )
    return {
      first,
      left: both.left,
      right: both.right,
      flaky,
      winner: raced.winner,
      tail,
      phase: ctx.get('phase'),
    }
  })
  return [main, child] as const
}

const drive: Driver = async ({ engine, store, run }) => {
  for (const question of await store.listApprovals({ runId: run.id, status: 'open' })) {
    const kind = question.kind === 'approval' ? { approved: true } : { approved: true, answer: 'continue' }
    await engine.engine.answer(run.id, { approvalId: question.id, by: 'driver', ...kind }).catch(() => {})
  }
  const journal = await store.listWorkflowEvents({ runId: run.id })
  const asked = journal.some((event) => event.type === 'wait.started' && event.payload.detail === 'ready')
  if (asked)
    await engine.engine
      .send(run.id, { name: 'ready', data: null, id: 'ready-1', by: 'driver' })
      .catch(() => {})
  await engine.advance('1m')
}

const expected = {
  first: 1,
  left: true,
  right: 21,
  flaky: 'flaky',
  winner: 'fast',
  tail: ['tail-x', 'tail-y'],
  phase: 'end',
}

const cleanUp = (effects: Effects) =>
  [
    createWorkflow({ name: 'main' }, async (ctx: WorkflowContext<unknown>) => {
      try {
        await ctx.run('work', async () => void effects.done.push('work'))
        await ctx.sleep('10h')
      } finally {
        await ctx.run('clean-1', async () => void effects.done.push('clean-1'))
        await ctx.run('clean-2', async () => void effects.done.push('clean-2'))
      }
    }),
  ] as const

const cancelWhenWaiting: Driver = async ({ engine, store, run }) => {
  for (const question of await store.listApprovals({ runId: run.id, status: 'open' }))
    await engine.engine
      .answer(run.id, { approvalId: question.id, approved: true, by: 'driver' })
      .catch(() => {})
  if (run.status === 'waiting') await engine.engine.cancel(run.id, { by: 'driver' }).catch(() => {})
  await engine.advance('1s')
}

/** Finished steps as people see them: name and status, without how often the engine had to begin. */
const stepsOf = (result: LabResult): string[] =>
  result.journal.flatMap((event) => (event.type === 'step.completed' ? [event.payload.key] : [])).toSorted()

async function everyPoint(
  workflows: typeof everything | typeof cleanUp,
  driver: Driver,
  check: (result: LabResult) => void,
  { place, every = 1 }: { readonly place?: () => StorePlace; readonly every?: number } = {},
): Promise<number> {
  const lab = (plan: CrashPlan | null): Promise<LabResult> =>
    runInLab({
      workflows: workflows as typeof cleanUp,
      input: {},
      drive: driver,
      plan,
      ...(place === undefined ? {} : { place: place() }),
    })
  const calm = await lab(null)
  check(calm)
  let points = 0
  for (let at = 0; at < calm.writes.length; at += every) {
    for (const when of ['before', 'after'] as const) {
      if (when === 'before' && calm.writes[at] === 'claimDueRuns') continue
      const result = await lab({ at, when }).catch((error: Error) => {
        throw new Error(`Crash ${when} write ${at} (${calm.writes[at]}): ${error.message}`, { cause: error })
      })
      try {
        check(result)
        expect(stepsOf(result)).toEqual(stepsOf(calm))
      } catch (error) {
        throw new Error(
          `After a crash ${when} write ${at} (${calm.writes[at]}): ${(error as Error).message}`,
          { cause: error },
        )
      }
      points++
    }
  }
  return points
}

describe('every crash point', () => {
  it('[EO3] parallel branches, a child, a sleep, an approval and retries', { timeout: 300_000 }, async () => {
    const points = await everyPoint(everything, drive, ({ row, journal, childStatuses }) => {
      expect(row).toMatchObject({ status: 'completed', output: expected })
      expect(childStatuses).toEqual(['completed'])
      expect(journal.map((event) => event.sequence)).toEqual(journal.map((_, index) => index + 1))
      expect(journal.filter((event) => event.type === 'comment.added')).toHaveLength(1)
    })
    console.log(`crash points of the big workflow: ${points}`)
    expect(points).toBeGreaterThan(40)
  })

  it('[EO3] the clean-up of a cancel', { timeout: 120_000 }, async () => {
    const points = await everyPoint(cleanUp, cancelWhenWaiting, ({ row, journal }) => {
      expect(row.status).toBe('cancelled')
      expect(journal.at(-1)).toMatchObject({ type: 'run.cancelled', payload: { cleanup: 'ran' } })
    })
    console.log(`crash points of the clean-up: ${points}`)
    expect(points).toBeGreaterThan(10)
  })

  it('[EO3] the same with a store in files, at some of the points', { timeout: 300_000 }, async () => {
    const points = await everyPoint(
      everything,
      drive,
      ({ row, journal }) => {
        expect(row).toMatchObject({ status: 'completed', output: expected })
        expect(journal.map((event) => event.sequence)).toEqual(journal.map((_, index) => index + 1))
      },
      { place: inFiles, every: 5 },
    )
    const ends = await everyPoint(
      cleanUp,
      cancelWhenWaiting,
      ({ row }) => expect(row.status).toBe('cancelled'),
      { place: inFiles, every: 2 },
    )
    console.log(`crash points in files: ${points} and ${ends}`)
    expect(points).toBeGreaterThan(8)
    expect(ends).toBeGreaterThan(4)
  })

  it('[EO3] the same with a store in PostgreSQL, at some of the points', { timeout: 300_000 }, async () => {
    const points = await everyPoint(
      everything,
      drive,
      ({ row, journal }) => {
        expect(row).toMatchObject({ status: 'completed', output: expected })
        expect(journal.map((event) => event.sequence)).toEqual(journal.map((_, index) => index + 1))
      },
      { place: inPostgres, every: 7 },
    )
    const ends = await everyPoint(
      cleanUp,
      cancelWhenWaiting,
      ({ row }) => expect(row.status).toBe('cancelled'),
      { place: inPostgres, every: 4 },
    )
    console.log(`crash points in PostgreSQL: ${points} and ${ends}`)
    expect(points).toBeGreaterThan(5)
    expect(ends).toBeGreaterThan(2)
  })
})
