import { openSqliteStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import {
  createWorkflow,
  WorkflowError,
  type JournalEvent,
  type WorkflowContext,
} from '@holdfast/workflow-sdk'
import { describe, expect, it } from 'vitest'
import { createTestEngine, turns } from '../src/testing/index.ts'
import { processes } from './support/processes.ts'

const workflow = <O>(execute: (ctx: WorkflowContext<unknown>) => Promise<O>, config: object = {}) =>
  createWorkflow({ name: 'w', ...config }, execute)
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
const causes = (journal: readonly JournalEvent[]) =>
  journal.flatMap((event) => (event.type === 'run.resumed' ? [event.payload.cause] : []))

/** A store whose calls are never answered once the link is cut. */
function overLink(
  store: IWorkflowStore,
  link: { readonly isCut: boolean; readonly silentMs: number },
): IWorkflowStore {
  return new Proxy(store, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function') return member
      if (property === 'startHeartbeat')
        return async () => ({ sinceRenewedMs: () => link.silentMs, stop: async () => {} })
      const bound = member.bind(target) as (...args: unknown[]) => unknown
      return (...args: unknown[]) => (link.isCut ? new Promise(() => {}) : bound(...args))
    },
  })
}

describe('owners', () => {
  it('[EO1] a stopped worker hands its run back; another goes on at once with the same attempt', async () => {
    const attempts: number[] = []
    const began = Promise.withResolvers<void>()
    const w = workflow(async (ctx) => {
      const a = await ctx.run('a', () => 'a')
      const b = await ctx.run('b', ({ attempt, signal }) => {
        attempts.push(attempt)
        began.resolve()
        return attempts.length === 1 ? untilAborted(signal) : 'b'
      })
      return a + b
    })
    const group = await processes([w])
    const first = await group.next()
    const { id } = await first.start(w, {})
    await began.promise
    const at = first.clock.now()
    await first.close()
    first.die()

    const second = await group.next({ startAt: at })
    expect(await second.run(id).output()).toBe('ab')
    expect(second.clock.now()).toBe(at)
    expect(attempts).toEqual([1, 1])
    expect(causes(await second.run(id).journal())).toEqual(['handover'])
  })

  it('[EO2] a worker whose process is gone is noticed at once, without its lease', async () => {
    let runs = 0
    const w = workflow(async (ctx) =>
      ctx.run('work', () => (++runs === 1 ? new Promise<never>(() => {}) : 'done')),
    )
    const group = await processes([w])
    const first = await group.next()
    const { id } = await first.start(w, {})
    await turns()
    first.die()
    const second = await group.next()
    expect(await second.run(id).output()).toBe('done')
    expect(second.clock.now()).toBe(first.clock.now())
    expect(causes(await second.run(id).journal())).toEqual(['takeover'])
  })

  it('[EO2] a worker on another host is noticed by its lease, not before', async () => {
    const w = workflow(async (ctx) => ctx.run('work', () => 'done'))
    const group = await processes([w])
    const { store } = group
    const first = await group.next()
    const hour = new Date(first.clock.now() + 3_600_000).toISOString()
    const { id } = await first.start(w, {}, { startAt: hour })
    first.die()
    await store.registerWorker({
      id: 'far-away',
      host_id: 'another host',
      boot_id: 'test',
      pid_namespace: 'test',
      pid: 1,
      process_started_at: null,
      workspace_group: null,
      concurrency: 1,
    })
    expect(await store.claimDueRuns({ workerId: 'far-away', limit: 1, now: hour })).toHaveLength(1)
    const second = await group.next({ settings: { pollIntervalMs: 1000, leaseDurationMs: 12_000 } })
    await second.advance('12s')
    expect(await store.getWorkflowRun(id)).toMatchObject({ status: 'running' })
    await second.advance('1s')
    expect(await second.run(id).output()).toBe('done')
  })

  it('[EO4] after three take-overs without a finished step a person is asked, and decides', async () => {
    for (const decision of ['continue', 'fail'] as const) {
      let crashes = 0
      const current: { die: () => void } = { die: () => {} }
      const w = workflow(async (ctx) => {
        await ctx.run('fine', () => 1)
        const value = await ctx.run('deadly', () => {
          if (crashes === 3) return 'survived'
          crashes++
          current.die()
          return new Promise<never>(() => {})
        })
        await ctx.sleep('1m')
        return value
      })
      const group = await processes([w])
      const first = await group.next()
      current.die = () => first.die()
      const { id } = await first.start(w, {})
      await turns()
      for (let takeover = 1; takeover <= 2; takeover++) {
        expect(crashes).toBe(takeover)
        const next = await group.next()
        current.die = () => next.die()
        await turns()
      }
      expect(crashes).toBe(3)
      const last = await group.next()
      const run = last.run(id)
      expect(await run.settled()).toMatchObject({ status: 'waiting', waiting_for: { reason: 'crash-loop' } })
      const [question] = await run.questions()
      expect(question).toMatchObject({ kind: 'crash-loop', choices: ['continue', 'fail'] })
      await run.answer({ approved: decision === 'continue', answer: decision })
      if (decision === 'fail') {
        expect(await run.ended()).toMatchObject({ status: 'failed', error: { code: 'STEP_INTERRUPTED' } })
      } else {
        await run.settled()
        await last.advance('1m')
        expect(await run.output()).toBe('survived')
      }
      last.die()
    }
  })

  it('[EO4] a finished step sets the count of take-overs back', async () => {
    let crashes = 0
    const current: { die: () => void } = { die: () => {} }
    const dieOnce = (name: string, survived: Set<string>) => () => {
      if (survived.has(name)) return name
      survived.add(name)
      crashes++
      current.die()
      return new Promise<never>(() => {})
    }
    const survived = new Set<string>()
    const w = workflow(async (ctx) => {
      const all = []
      for (const name of ['a', 'b', 'c', 'd', 'e']) all.push(await ctx.run(name, dieOnce(name, survived)))
      return all
    })
    const group = await processes([w])
    const first = await group.next()
    current.die = () => first.die()
    const { id } = await first.start(w, {})
    await turns()
    for (let takeover = 1; takeover < 5; takeover++) {
      const next = await group.next()
      current.die = () => next.die()
      await turns()
    }
    const last = await group.next()
    expect(await last.run(id).output()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(crashes).toBe(5)
    expect(causes(await last.run(id).journal())).toEqual(Array.from({ length: 5 }, () => 'takeover'))
  })

  it('[EO2] a run that could not be read is handed back and goes on, although its worker lives', async () => {
    let failures = 0
    const w = workflow(async (ctx) => ctx.run('work', () => 'done'))
    const t = await createTestEngine({
      workflows: [w],
      settings: { pollIntervalMs: 1000 },
      openStore: async (now) => {
        const store = await openSqliteStore({ path: ':memory:', now })
        return new Proxy(store, {
          get(target, property) {
            const member: unknown = Reflect.get(target, property)
            if (property === 'listWorkflowEvents' && failures === 0)
              return async () => {
                failures++
                throw new WorkflowError('STORE_UNAVAILABLE', 'The disk is away for a moment.')
              }
            return typeof member === 'function' ? (member.bind(target) as unknown) : member
          },
        })
      },
    })
    try {
      const run = await t.start(w, {})
      await t.advance(999)
      expect(failures).toBe(1)
      expect((await t.store.getWorkflowRun(run.id)).status).toBe('running')
      await t.advance(1)
      expect(await run.output()).toBe('done')
    } finally {
      await t.close()
    }
  })

  it('[EO6] a worker that counted as dead begins anew: it claims, and its runs are noticed again', async () => {
    const w = workflow(async (ctx) => ctx.run('work', () => 'done'))
    const group = await processes([w])
    const only = await group.next({ settings: { pollIntervalMs: 1000 } })
    const [row] = await group.store.listWorkers()
    await group.store.releaseRunsOfWorker(row!.id)
    expect(await group.store.listWorkers()).toEqual([])
    await only.advance(1000)
    expect(await group.store.listWorkers()).toMatchObject([{ id: row!.id, pid: row!.pid }])
    expect(await (await only.start(w, {})).output()).toBe('done')
  })

  it('[EO6] a worker whose store does not answer any more ends its runs before its lease is over', async () => {
    const ended = Promise.withResolvers<unknown>()
    const w = workflow(async (ctx) =>
      ctx.run('work', async ({ signal }) => {
        signal.addEventListener('abort', () => ended.resolve(signal.reason))
        return await untilAborted(signal)
      }),
    )
    const link = { isCut: false, silentMs: 0 }
    const t = await createTestEngine({
      workflows: [w],
      settings: { pollIntervalMs: 1000, leaseDurationMs: 12_000 },
      openStore: async (now) => overLink(await openSqliteStore({ path: ':memory:', now }), link),
    })
    await t.start(w, {})
    await turns()
    await t.advance('2s')
    expect(t.worker.activeRuns()).toHaveLength(1)
    link.isCut = true
    // The worker asks the store, and goes on waiting for the answer.
    await t.advance('2s')
    expect(t.worker.activeRuns()).toHaveLength(1)
    link.silentMs = 9000
    await t.advance('2s')
    expect(await ended.promise).toBeInstanceOf(Error)
    await turns(50)
    expect(t.worker.activeRuns()).toEqual([])
  })

  it('[EO6] a worker that lost a run writes nothing more to it, and lets go of it', async () => {
    const held = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
    let started = 0
    const w = workflow(async (ctx) => {
      const value = await ctx.run('work', () => held[started++]!.promise)
      await ctx.comment(`done by ${value}`)
      ctx.set('by', value)
      return value
    })
    const group = await processes([w])
    const first = await group.next()
    const { id } = await first.start(w, {})
    await turns()
    // It is alive, but the next one takes it for dead, as after a partition or a long freeze.
    const second = await group.next()
    await turns()
    expect(started).toBe(2)
    held[0]!.resolve('the first')
    await turns(50)
    const between = await group.store.listWorkflowEvents({ runId: id })
    expect(between.map((event) => event.type)).not.toContain('step.completed')

    held[1]!.resolve('the second')
    expect(await second.run(id).output()).toBe('the second')
    await turns(50)
    const journal = await group.store.listWorkflowEvents({ runId: id })
    expect(
      journal.flatMap((event) => (event.type === 'comment.added' ? [event.payload.message] : [])),
    ).toEqual(['done by the second'])
    expect(journal.filter((event) => event.type === 'step.completed')).toHaveLength(1)
    expect(journal.at(-1)?.type).toBe('run.completed')
  })
})
