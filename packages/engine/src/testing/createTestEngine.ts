import type { ApprovalRow, IWorkflowStore, WorkflowRunRow, WorkflowStepRow } from '@holdfast/store/contract'
import {
  isTerminal,
  toMilliseconds,
  WorkflowError,
  type AnyWorkflow,
  type Duration,
  type JournalEvent,
  type WorkflowDefinition,
} from '@holdfast/workflow-sdk'
import type {
  AgentAdapter,
  AgentPort,
  DefinitionPort,
  ModelPort,
  ProjectInfo,
  PromptPort,
  WorkspacePort,
} from '@holdfast/workflow-sdk/ports'
import { createEngine, type EngineOptions } from '../createEngine.ts'
import type { Answer, Engine, StartRun, Worker } from '../Engine.ts'
import type { EngineSettings } from '../settings.ts'
import { MemoryRunFiles } from './MemoryRunFiles.ts'
import { TestClock, turns } from './TestClock.ts'

/** What a test engine is made of. */
export interface TestEngineOptions {
  /** Makes the store; the clock gives its time. */
  readonly openStore: (now: () => number) => IWorkflowStore | Promise<IWorkflowStore>
  readonly workflows: readonly AnyWorkflow[]
  /** Scripted or recorded agents, by their names. */
  readonly agents?: readonly AgentAdapter[]
  /** Models for `ctx.prompt`, and where prompts come from; without both it is refused. */
  readonly models?: ModelPort
  readonly prompts?: PromptPort
  /** Real git and files, where the workflows need them. */
  readonly workspace?: WorkspacePort
  /** Folder of the project; default none that exists. */
  readonly projectPath?: string
  readonly settings?: Partial<EngineSettings>
  readonly concurrency?: number
  /** Budgets that runs share, and when repeated failures are asked about; default as an engine's. */
  readonly money?: Partial<Pick<EngineOptions, 'sharedBudgets' | 'breaker'>>
  /** Time at which the clock begins, in milliseconds since 1970. */
  readonly startAt?: number
  /** Shared with other test engines, which then live at the same time; default a clock of its own. */
  readonly clock?: TestClock
  /** Process id under which its worker is known, and which others are there; default: it is alone. */
  readonly process?: { readonly pid: number; readonly isAlive: (pid: number) => boolean }
}

/** A run in a test. */
export interface TestRun<Output = unknown> {
  readonly id: string
  /** Waits until the run is over or waits for something; answers its row. */
  settled(): Promise<WorkflowRunRow>
  /** Waits until the run is over; waits of the run do not count. */
  ended(): Promise<WorkflowRunRow>
  /** The output of a completed run. @throws when it ended in another way. */
  output(): Promise<Output>
  journal(): Promise<JournalEvent[]>
  steps(): Promise<WorkflowStepRow[]>
  questions(): Promise<ApprovalRow[]>
  answer(answer: Omit<Answer, 'by'>): Promise<void>
  send(name: string, data?: unknown): Promise<void>
  cancel(): Promise<void>
}

/** An engine for tests of workflows: time moves only when the test says so, waits park at once. */
export interface TestEngine {
  readonly engine: Engine
  /** The worker that executes the runs now; {@link restart} starts another. */
  readonly worker: Worker
  readonly store: IWorkflowStore
  readonly clock: TestClock
  readonly files: MemoryRunFiles
  start<I, O>(workflow: WorkflowDefinition<I, O>, input: I, options?: Partial<StartRun>): Promise<TestRun<O>>
  run(id: string): TestRun
  /** Moves time on; what becomes due happens. */
  advance(duration: Duration): Promise<void>
  /** Stops the worker as SIGTERM does and starts another: every run is replayed from its journal. */
  restart(): Promise<void>
  close(): Promise<void>
}

const YEAR_MS = 365 * 24 * 3_600_000

let pids = 0

/** Turns of the event loop after which a run counts as stuck. */
const PATIENCE = 20_000
/** How long git and other real programs may take on top, in milliseconds. */
const PATIENCE_MS = 60_000

/** An engine on a fake clock, with one worker. */
export async function createTestEngine(options: TestEngineOptions): Promise<TestEngine> {
  const clock = options.clock ?? new TestClock(options.startAt)
  const store = await options.openStore(() => clock.now())
  const files = new MemoryRunFiles()
  const project = await store.ensureProject({
    name: 'test',
    path: options.projectPath ?? '/nonexistent/holdfast-test',
  })
  const info: ProjectInfo = { id: project.id, name: project.name, path: project.path }
  const definitions = await register(store, info, options.workflows)
  const ownPid = options.process?.pid ?? ++pids
  // A test engine that has not been closed when the next one opens its store counts as a dead process.
  const isAlive = options.process?.isAlive ?? ((pid: number) => pid === ownPid)
  const make = (): Engine =>
    createEngine({
      store,
      clock,
      files,
      definitions,
      workspace: options.workspace ?? null,
      ...options.money,
      agents: agentsOf(options.agents ?? []),
      models: options.models ?? null,
      prompts: options.prompts ?? null,
      host: {
        hostId: 'test',
        bootId: 'test',
        pidNamespace: 'test',
        self: { pid: ownPid, startTime: null, hostId: 'test', bootId: 'test' },
        isAlive: ({ pid }) => isAlive(pid),
      },
      // Time moves in leaps here; nobody needs to look for what other processes do.
      settings: { parkAfterMs: 0, pollIntervalMs: YEAR_MS, ...options.settings },
    })
  let engine = make()
  let worker: Worker = await engine.startWorker({ concurrency: options.concurrency ?? 100 })
  /** A step that ignores its signal is given up after a grace time, which has to pass. */
  const stop = async (): Promise<void> => {
    const stopped = worker.stop()
    let done = false
    void stopped.finally(() => (done = true))
    await turns()
    while (!done) await clock.advance(1000)
    await stopped
  }
  const runOf = <O>(id: string): TestRun<O> =>
    testRun<O>(id, store, () => engine, options.workspace !== undefined)
  return {
    get engine() {
      return engine
    },
    get worker() {
      return worker
    },
    store,
    clock,
    files,
    start: async (workflow, input, more = {}) => {
      const { workflowId, version } = await definitions.current(info.id, workflow.name)
      const row = await engine.start({
        projectId: info.id,
        workflowId,
        version,
        definition: workflow,
        input,
        ...more,
      })
      return runOf(row.id)
    },
    run: (id) => runOf(id),
    advance: (duration) => clock.advance(toMilliseconds(duration, 'The duration of advance')),
    restart: async () => {
      await stop()
      engine = make()
      worker = await engine.startWorker({ concurrency: options.concurrency ?? 100 })
    },
    close: async () => {
      await stop()
      await store.close()
    },
  }
}

function testRun<O>(id: string, store: IWorkflowStore, engine: () => Engine, waits: boolean): TestRun<O> {
  const until = async (reached: (row: WorkflowRunRow, turn: number) => boolean): Promise<WorkflowRunRow> => {
    const end = Date.now() + PATIENCE_MS
    for (let turn = 0; turn < PATIENCE || (waits && Date.now() < end); turn++) {
      const row = await store.getWorkflowRun(id)
      if (isTerminal(row.status) || reached(row, turn)) return row
      // Real programs take their time, whatever the clock of the test shows.
      if (waits && turn > PATIENCE / 100) await new Promise((resolve) => setTimeout(resolve, 2))
      else await turns(1)
    }
    const row = await store.getWorkflowRun(id)
    throw new WorkflowError(
      'INTERNAL',
      `Run ${id} did not get on; it is ${row.status} and waits for ${row.waiting_for?.detail ?? 'nothing'}. Does its code await something that is no ctx call?`,
    )
  }
  const settled = (): Promise<WorkflowRunRow> => until((row, turn) => row.status === 'waiting' && turn > 2)
  return {
    id,
    settled,
    ended: () => until(() => false),
    output: async () => {
      const row = await settled()
      if (row.status !== 'completed')
        throw new WorkflowError(
          'INTERNAL',
          `Run ${id} is ${row.status}: ${row.error_message ?? row.waiting_for?.detail ?? 'no error'}`,
          { cause: row.error },
        )
      return row.output as O
    },
    journal: () => store.listWorkflowEvents({ runId: id }),
    steps: () => store.listWorkflowSteps(id),
    questions: () => store.listApprovals({ runId: id, status: 'open' }),
    answer: async (answer) => {
      await engine().answer(id, { by: 'test', ...answer })
      await turns()
    },
    send: async (name, data = null) => {
      await engine().send(id, { by: 'test', name, data })
      await turns()
    },
    cancel: async () => {
      await engine().cancel(id, { by: 'test' })
      await turns()
    },
  }
}

async function register(
  store: IWorkflowStore,
  project: ProjectInfo,
  workflows: readonly AnyWorkflow[],
): Promise<DefinitionPort> {
  const known = new Map<string, { workflowId: string; version: number; definition: AnyWorkflow }>()
  for (const definition of workflows) {
    const { name, description } = definition
    const source = definition.execute.toString()
    const { definition: row, version } = await store.registerWorkflow({
      projectId: project.id,
      name,
      description,
      filePath: null,
      config: {},
      source,
      bundle: source,
      contentHash: `test-${name}`,
      lockHash: null,
    })
    known.set(name, { workflowId: row.id, version: version.version, definition })
  }
  const find = (name: string): { workflowId: string; version: number; definition: AnyWorkflow } => {
    const found = known.get(name)
    if (found === undefined)
      throw new WorkflowError(
        'WORKFLOW_NOT_FOUND',
        `This test engine knows no workflow "${name}". Known: ${[...known.keys()].join(', ')}.`,
      )
    return found
  }
  return {
    load: async ({ workflowName }) => find(workflowName).definition,
    current: async (_projectId, name) => find(name),
    project: async () => project,
  }
}

function agentsOf(adapters: readonly AgentAdapter[]): AgentPort {
  return {
    get: (name) => {
      const found = adapters.find((adapter) => adapter.name === name)
      if (found === undefined)
        throw new WorkflowError(
          'AGENT_UNKNOWN',
          `This test engine knows no agent "${name}". Known: ${adapters.map((adapter) => adapter.name).join(', ') || 'none'}.`,
        )
      return found
    },
    list: () => adapters,
  }
}
