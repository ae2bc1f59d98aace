import type {
  Activity,
  Engine,
  EngineSettings,
  ForkRequest,
  PlanWithNotes,
  RetryRequest,
  TakeoverRequest,
  Worker,
} from '@holdfast/engine'
import type { IWorkflowStore } from '@holdfast/store/contract'
import type { AnyWorkflow } from '@holdfast/workflow-sdk'
import type { AgentPort, Clock, LogLine, ModelPort, ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { compareRuns, type RunComparison } from './compare/compareRuns.ts'
import type { HoldfastConfig } from './config/defineConfig.ts'
import { checkProject, type CheckOptions, type CheckReport } from './check/checkProject.ts'
import { moneySettings } from './config/moneySettings.ts'
import { Definitions } from './definitions/Definitions.ts'
import type { LoadedVersion } from './definitions/embedded.ts'
import { workflowNotFound } from './definitions/notFound.ts'
import { dryReplayer } from './dry/dryReplayer.ts'
import { Replayer } from './dry/Replayer.ts'
import { discover } from './discovery/discover.ts'
import type { DiscoveryOfOne } from './discovery/discoverOne.ts'
import type { Discovery } from './discovery/types.ts'
import { watchTemplates } from './discovery/watchTemplates.ts'
import { keepMetadata } from './files/metadata.ts'
import { RunFiles } from './files/RunFiles.ts'
import { Prompts } from './prompts/Prompts.ts'
import { openProject, type OpenProjectOptions } from './project/openProject.ts'
import { RunHandle } from './RunHandle.ts'
import { mayBeThere } from './mayBeThere.ts'
import type { StartOptions } from './startOptions.ts'
import { takeOver, type Takeover } from './takeover/takeOver.ts'
import { keepHouse } from './worker/keepHouse.ts'
import { TreeClaims } from './worker/TreeClaims.ts'

/** What a Holdfast is made of; everything has a default. */
export interface HoldfastOptions extends OpenProjectOptions {
  readonly agents?: AgentPort
  /** Default: the providers that the config and the environment name. */
  readonly models?: ModelPort
  readonly clock?: Clock
  readonly settings?: Partial<EngineSettings>
  /** What steps say while they work, for people who watch. */
  readonly onActivity?: (activity: Activity) => void
  /** Hears the log lines of runs that are executed here. */
  readonly onLog?: (line: LogLine) => void
  /** Told about trouble that concerns no run, e.g. logs that cannot be written; default a process warning. */
  readonly onTrouble?: (message: string) => void
}

/** How a worker of a Holdfast works. */
export interface WorkerOptions {
  /** Runs at the same time; default the configuration's, else 4. */
  readonly concurrency?: number
  /**
   * What it claims; default everything that is due. `own`: runs that this Holdfast starts from now on, and
   * what they start. A root: that run and what it starts.
   */
  readonly only?: 'own' | { readonly rootRunId: string }
}

/** How a run is retried. */
export interface RetryOptions extends Omit<RetryRequest, 'by' | 'version'> {
  readonly by?: string | null
  /** Go on with the version that the run had, also where its file has changed. */
  readonly keepVersion?: boolean
}

/** One Holdfast put together: a project, its store, its workflows and an engine. */
export interface Holdfast {
  readonly project: ProjectInfo
  readonly config: HoldfastConfig
  readonly store: IWorkflowStore
  readonly engine: Engine
  readonly agents: AgentPort
  /** Looks at the templates of the project and registers what is new. @throws The reason of the signal. */
  discover(options?: { readonly signal?: AbortSignal }): Promise<Discovery>
  /** Calls `onChange` when files of workflows were changed, until the answer is called. */
  watchTemplates(onChange: () => void): () => void
  /** Looks for one workflow and registers what is new, without waiting for files that have nothing to do with it. */
  discoverOne(name: string): Promise<DiscoveryOfOne>
  /** Makes a workflow of this program known, so that its runs go on here after a restart and children find it. */
  register(workflow: AnyWorkflow): Promise<LoadedVersion>
  /**
   * Starts a run of a workflow, given by name or as an object.
   * The run that the keys of the start stand for is answered instead where there is one.
   * @throws WorkflowError `WORKFLOW_NOT_FOUND`, `WORKFLOW_INACTIVE`, `INPUT_INVALID` naming every field,
   *   `OPTION_INVALID`, `IDEMPOTENCY_KEY_REUSED`, `SINGLETON_CONFLICT`; unless `detached`, also `WORKSPACE_DIRTY` and
   *   `NOT_A_GIT_REPOSITORY`.
   */
  start(workflow: string | AnyWorkflow, input?: unknown, options?: StartOptions): Promise<RunHandle>
  /**
   * As {@link start}, by the id of a workflow of any project of the store. While its file does not load, the last
   * version that did counts.
   * @throws WorkflowError As `start`, and `RECORD_NOT_FOUND`.
   */
  startWorkflow(workflowId: string, input?: unknown, options?: StartOptions): Promise<RunHandle>
  /**
   * Starts a run that goes on from before a step of another one, in a worktree of its own with the files as they
   * were then. The original is not touched.
   * @throws WorkflowError `RUN_NOT_FOUND`, `STEP_NOT_FOUND`, `CHECKPOINT_MISSING`, `OPTION_INVALID`, `INPUT_INVALID`,
   *   `PLAN_CHANGED`.
   */
  fork(
    runId: string,
    options: Omit<ForkRequest, 'by'> & { readonly by?: string | null },
  ): Promise<RunHandle & PlanWithNotes>
  /**
   * Takes over the session of an agent that works: the agent is stopped, its step waits, and the agent's own
   * interactive mode can go on with the session until that is given back.
   * @throws WorkflowError `RUN_NOT_FOUND`, `RUN_FINISHED`, `STEP_NOT_FOUND`, `AGENT_CAPABILITY_MISSING`,
   *   `AGENT_NOT_INSTALLED`, `WORKSPACE_LOST`.
   */
  takeOver(runId: string, request: TakeoverRequest): Promise<Takeover>
  /**
   * Starts a run that goes on in the place of one that is over and not completed, with the present version of its
   * workflow, or that of the run with `keepVersion`. Asked for twice it is made once.
   * @throws WorkflowError as {@link Engine.retry}; `WORKFLOW_NOT_FOUND` where its file does not load.
   */
  retry(
    runId: string,
    options?: RetryOptions,
  ): Promise<RunHandle & PlanWithNotes & { readonly made: boolean }>
  /** What {@link retry} would do. @throws as `retry`. */
  planRetry(runId: string, options?: RetryOptions): Promise<PlanWithNotes>
  /**
   * The present version of the workflow of a run, its file looked at anew.
   * @throws WorkflowError `RUN_NOT_FOUND`; `WORKFLOW_NOT_FOUND` saying why where its file does not load.
   */
  presentVersion(runId: string): Promise<number>
  /** See {@link checkProject}. */
  check(options?: CheckOptions): Promise<CheckReport>
  /** Compares steps, outputs, files, cost and duration of two runs. @throws WorkflowError `RUN_NOT_FOUND`. */
  compare(runId: string, otherId: string): Promise<RunComparison>
  /** Claims and executes runs until it is stopped. One at a time. */
  worker(options?: WorkerOptions): Promise<Worker>
  /** Resolves when every log line so far is written. */
  flushLogs(): Promise<void>
  /** Stops the worker, writes what is left of the logs and closes what was opened here. */
  close(): Promise<void>
}

const DEFAULT_CONCURRENCY = 4

/**
 * Puts a Holdfast together for the project that `projectPath` lies in.
 * @throws WorkflowError `CONFIG_INVALID`, `OPTION_UNKNOWN`, `STORE_…`.
 */
export async function createHoldfast(options: HoldfastOptions = {}): Promise<Holdfast> {
  const opened = await openProject(options)
  const { project, store, config } = opened
  const onTrouble =
    options.onTrouble ?? ((message: string) => process.emitWarning(message, 'HoldfastWarning'))
  const definitions = new Definitions(store, project)
  const projectOf = (id: string): Promise<ProjectInfo> => definitions.project(id)
  const files = new RunFiles({
    store,
    project: projectOf,
    onTrouble,
    ...(options.onLog === undefined ? {} : { onLog: options.onLog }),
    ...(config.artifacts?.maxBytes === undefined ? {} : { maxArtifactBytes: config.artifacts.maxBytes }),
  })
  const claims = new TreeClaims(store)
  const replayer = new Replayer()
  const replayDry = dryReplayer(store, definitions, replayer)
  const { assembleEngine } = await import('./assembleEngine.ts')
  const { workspaceGroup } = config.worker ?? {}
  const { engine, agents, workspace } = assembleEngine({
    ...options,
    store: claims.store,
    definitions,
    files,
    prompts: new Prompts(store),
    models: options.models ?? config.models ?? {},
    replayDry,
    money: moneySettings(config),
    ...(workspaceGroup === undefined ? {} : { workspaceGroup }),
    ...(config.pricing === undefined ? {} : { pricing: config.pricing }),
  })
  const stops: (() => Promise<void>)[] = []

  const startOne = async (
    workflow: string | AnyWorkflow,
    input: unknown = {},
    options: StartOptions = {},
  ): Promise<RunHandle> => {
    const version =
      typeof workflow === 'string' ? await find(workflow) : await definitions.embedded.register(workflow)
    return await begin(project, version, input, options)
  }

  const startById = async (
    id: string,
    input: unknown = {},
    options: StartOptions = {},
  ): Promise<RunHandle> => {
    const { project_id, name, file_path } = await store.getWorkflow(id)
    if (project_id === project.id && file_path !== null) await definitions.find(name)
    const version = await definitions.current(project_id, name)
    return await begin(await definitions.project(project_id), version, input, options)
  }

  const begin = async (
    where: ProjectInfo,
    version: LoadedVersion,
    input: unknown,
    { detached = false, ...startOptions }: StartOptions,
  ): Promise<RunHandle> => {
    if (!detached) await checkWorkspace(where.path, version, startOptions)
    const run = await engine.start({ ...startOptions, projectId: where.id, ...version, input })
    return new RunHandle(store, run)
  }

  /** What the first claim would refuse is refused before there is a run; one that is there already is only found. */
  const checkWorkspace = async (
    projectPath: string,
    version: LoadedVersion,
    options: StartOptions,
  ): Promise<void> => {
    const { workspace: kind = version.definition.workspace, allowDirty = false } = options
    if (options.startAt !== undefined || (await mayBeThere(store, version, options))) return
    try {
      await workspace.check({ projectPath, kind, allowDirty })
    } catch (error) {
      // The run of the same key may have been started meanwhile, and be what changed the tree.
      if (!(await mayBeThere(store, version, options))) throw error
    }
  }

  const find = async (name: string): Promise<LoadedVersion> => {
    const embedded = definitions.embedded.byName(name)
    if (embedded !== null) return embedded
    const { workflow, names, problems } = await definitions.find(name)
    if (workflow === null) {
      const known = (await store.listWorkflows({ projectId: project.id })).map((row) => row.name)
      throw workflowNotFound(name, [...new Set([...known, ...names])], problems)
    }
    return await definitions.current(project.id, name)
  }

  const presentVersion = async (runId: string): Promise<number> => {
    const { workflow_id: id, workflow_name: name } = await store.getWorkflowRun(runId)
    const row = await store.getWorkflow(id)
    if (row.file_path === null) return row.version
    const { workflow, names, problems } = await definitions.find(name)
    if (workflow === null) throw workflowNotFound(name, names, problems)
    return workflow.version
  }

  const retryRequest = async (
    runId: string,
    { by = null, keepVersion = false, ...request }: RetryOptions = {},
  ): Promise<RetryRequest> => {
    const version = keepVersion ? {} : { version: await presentVersion(runId) }
    return { ...request, by, ...version }
  }

  const startWorker = async ({ concurrency, only }: WorkerOptions): Promise<Worker> => {
    if (only === 'own') claims.narrowToOwn()
    else if (only !== undefined) await claims.narrowTo(only.rootRunId)
    const metadata = keepMetadata(store, projectOf, onTrouble)
    let worker: Worker
    try {
      worker = await engine.startWorker({
        concurrency: concurrency ?? config.worker?.concurrency ?? DEFAULT_CONCURRENCY,
      })
    } catch (error) {
      await metadata.stop()
      throw error
    }
    const house = keepHouse({ store, project, config }, onTrouble)
    const stop = async (): Promise<void> => {
      try {
        await worker.stop()
      } finally {
        await house.stop()
        await metadata.stop()
      }
    }
    return { id: worker.id, activeRuns: () => worker.activeRuns(), ended: worker.ended, stop }
  }

  return {
    project,
    config,
    store,
    engine,
    agents,
    discover: (limits) => discover(store, project, limits),
    watchTemplates: (onChange) => watchTemplates(opened.paths, onChange),
    discoverOne: (name) => definitions.find(name),
    register: (workflow) => definitions.embedded.register(workflow),
    start: startOne,
    startWorkflow: startById,
    fork: async (runId, { by = null, ...request }) => {
      const { run, plan, notes } = await engine.fork(runId, { ...request, by })
      return Object.assign(new RunHandle(store, run), { plan, notes })
    },
    takeOver: async (runId, request) => await takeOver({ store, engine, agents, project }, runId, request),
    retry: async (runId, retryOptions) => {
      const { run, ...rest } = await engine.retry(runId, await retryRequest(runId, retryOptions))
      return Object.assign(new RunHandle(store, run), rest)
    },
    planRetry: async (runId, retryOptions) =>
      await engine.planRetry(runId, await retryRequest(runId, retryOptions)),
    presentVersion,
    check: (checkOptions) => checkProject({ store, project, replayer }, checkOptions),
    compare: (runId, otherId) => compareRuns({ store, workspace, projectPath: project.path }, runId, otherId),
    worker: (workerOptions = {}) => {
      const started = startWorker(workerOptions)
      stops.push(async () => (await started.catch(() => null))?.stop())
      return started
    },
    flushLogs: () => files.flushLogs(),
    close: async () => {
      try {
        for (const stop of stops) await stop()
      } finally {
        await replayer.close()
        await files.flushLogs()
        await opened.close()
      }
    },
  }
}
