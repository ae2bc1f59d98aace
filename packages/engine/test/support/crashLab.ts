import { openSqliteStore } from '@holdfast/store'
import type { IWorkflowStore, WorkflowRunRow } from '@holdfast/store/contract'
import { isTerminal, type AnyWorkflow, type JournalEvent } from '@holdfast/workflow-sdk'
import {
  createTestEngine,
  crashingStore,
  turns,
  type CrashingStore,
  type CrashPlan,
  type TestEngine,
} from '../../src/testing/index.ts'

/** What drives a run from outside: called again and again until the run is over. */
export type Driver = (lab: {
  readonly store: IWorkflowStore
  readonly engine: TestEngine
  readonly run: WorkflowRunRow
}) => Promise<void>

/** What a run left behind. */
export interface LabResult {
  readonly row: WorkflowRunRow
  readonly journal: readonly JournalEvent[]
  /** Keys of effects in the order in which they ended, over all processes. */
  readonly effects: readonly string[]
  readonly writes: readonly string[]
  readonly childStatuses: readonly string[]
}

/** A store that survives the crash of a process. */
export interface StorePlace {
  readonly open: (now: () => number) => Promise<IWorkflowStore>
  /** What the next process opens; default the same store goes on. */
  readonly reopen?: (left: IWorkflowStore, now: () => number) => Promise<IWorkflowStore>
  /** Waits until what was asked of the store so far is done, where that takes longer than some turns. */
  readonly settle?: (store: IWorkflowStore) => Promise<void>
}

/** Collects what steps do, as the outside world would. */
export interface Effects {
  readonly done: string[]
}

const PATIENCE = 4000

/**
 * Runs a workflow to its end in a "process" that crashes where the plan says; a second one takes over from
 * what the first had made durable. Without a plan it records the write points.
 */
export async function runInLab(options: {
  readonly workflows: (effects: Effects) => readonly [AnyWorkflow, ...AnyWorkflow[]]
  readonly input: unknown
  readonly drive: Driver
  readonly plan: CrashPlan | null
  /** Where the store lies that survives; default SQLite in memory. */
  readonly place?: StorePlace
}): Promise<LabResult> {
  const effects: Effects = { done: [] }
  const workflows = options.workflows(effects)
  const { open, reopen, settle = () => turns(5) } = options.place ?? IN_MEMORY
  const opened = { truth: null as IWorkflowStore | null, crashing: null as CrashingStore | null }
  const first = await createTestEngine({
    workflows,
    openStore: async (now) => {
      opened.truth = await open(now)
      opened.crashing = crashingStore(opened.truth, options.plan)
      return opened.crashing.store
    },
  })
  const { truth, crashing: current } = opened
  if (truth === null || current === null) throw new Error('The store was not opened.')
  const id = '019a0000-0000-7000-8000-000000000001'
  let { clock } = first
  void first.start(workflows[0], options.input, { id }).catch(() => {})
  const crashed = await Promise.race([
    current.crashed.then(() => true),
    drive({ engine: first, store: truth, settle }, id, options.drive, current).then(() => false),
  ])
  if (!crashed) return finish(truth, id, effects, current.writes, first)

  const store = (await reopen?.(truth, () => clock.now())) ?? truth
  const finishedBefore = await completedKeys(store, id)
  const countBefore = effects.done.length
  const second = await createTestEngine({ workflows, openStore: () => store, startAt: first.clock.now() })
  clock = second.clock
  if ((await store.findWorkflowRun(id)) === null) await second.start(workflows[0], options.input, { id })
  await drive({ engine: second, store, settle }, id, options.drive, null)
  const again = effects.done.slice(countBefore).filter((key) => finishedBefore.has(key))
  if (again.length > 0)
    throw new Error(
      `Finished steps ran again after a crash ${options.plan?.when} write ${options.plan?.at} (${current.writes.at(-1)}): ${again.join(', ')}`,
    )
  return finish(store, id, effects, current.writes, second)
}

const IN_MEMORY: StorePlace = { open: (now) => openSqliteStore({ path: ':memory:', now }) }

async function drive(
  {
    engine,
    store,
    settle,
  }: {
    readonly engine: TestEngine
    readonly store: IWorkflowStore
    readonly settle: (store: IWorkflowStore) => Promise<void>
  },
  id: string,
  driver: Driver,
  process: CrashingStore | null,
): Promise<void> {
  let dead = false
  void process?.crashed.then(() => (dead = true))
  for (let turn = 0; turn < PATIENCE && !dead; turn++) {
    const run = await store.findWorkflowRun(id)
    if (run !== null && isTerminal(run.status)) return turns(5)
    if (run !== null) await driver({ store, engine, run })
    await settle(store)
  }
  if (dead) return
  const run = await store.findWorkflowRun(id)
  throw new Error(
    `The run did not end; it is ${run?.status} and waits for ${JSON.stringify(run?.waiting_for)}.`,
  )
}

async function finish(
  store: IWorkflowStore,
  id: string,
  effects: Effects,
  writes: readonly string[],
  engine: TestEngine,
): Promise<LabResult> {
  const row = await store.getWorkflowRun(id)
  const journal = await store.listWorkflowEvents({ runId: id })
  const { items } = await store.listWorkflowRuns({ parentRunId: id })
  const result = {
    row,
    journal,
    effects: effects.done,
    writes,
    childStatuses: items.map((child) => child.status),
  }
  await engine.close()
  return result
}

async function completedKeys(store: IWorkflowStore, id: string): Promise<Set<string>> {
  const runs = [id, ...(await store.listWorkflowRuns({ parentRunId: id })).items.map((child) => child.id)]
  const keys = new Set<string>()
  for (const runId of runs) {
    for (const event of await store.listWorkflowEvents({ runId }))
      if (event.type === 'step.completed') keys.add(event.payload.key)
  }
  return keys
}
