import type { TakenOver } from '@holdfast/store/contract'
import { uuidv7 } from 'uuidv7'
import { validateWith, WorkflowError } from '@holdfast/workflow-sdk'
import { answerQuestion } from './actions/answerQuestion.ts'
import { raiseBudget } from './actions/raiseBudget.ts'
import { releaseProviders } from './actions/releaseProviders.ts'
import { cancelChildren } from './actions/cancelChildren.ts'
import { sendMessage } from './actions/sendMessage.ts'
import type { EngineDependencies } from './dependencies.ts'
import type { Engine, StartRun } from './Engine.ts'
import { prepareFork } from './fork/forkRun.ts'
import { checkPlanId, refuseDivergence } from './fork/plan.ts'
import { planResume } from './fork/planResume.ts'
import { prepareRetry, retryId } from './fork/retryRun.ts'
import { dryReplay } from './dry/dryReplay.ts'
import { DEFAULT_SETTINGS, type EngineSettings } from './settings.ts'
import { requestTakeover } from './takeover/requestTakeover.ts'
import { systemClock } from './systemClock.ts'
import { DEFAULT_BREAKER } from './steps/breaker.ts'
import { toPlain } from './values/plain.ts'
import { toStored } from './values/stored.ts'
import { idempotency, queuePayload } from './starts/queuePayload.ts'
import { ClaimLoop } from './worker/Worker.ts'

/** What {@link createEngine} takes; what is missing has a default. */
export interface EngineOptions extends Omit<
  EngineDependencies,
  | 'clock'
  | 'settings'
  | 'onActivity'
  | 'workspaceGroup'
  | 'price'
  | 'models'
  | 'prompts'
  | 'sharedBudgets'
  | 'breaker'
  | 'replayDry'
> {
  readonly clock?: EngineDependencies['clock']
  readonly settings?: Partial<EngineSettings>
  readonly onActivity?: EngineDependencies['onActivity']
  /** Default: the price is what the agent states. */
  readonly price?: EngineDependencies['price']
  readonly workspaceGroup?: string | null
  /** Default: `ctx.prompt` is refused. */
  readonly models?: EngineDependencies['models']
  readonly prompts?: EngineDependencies['prompts']
  /** Default: here, so that code of a workflow that never gives control back stops this process. */
  readonly replayDry?: EngineDependencies['replayDry']
  /** Default: none. */
  readonly sharedBudgets?: EngineDependencies['sharedBudgets']
  /** Default: after three failures of the same kind in a row. */
  readonly breaker?: EngineDependencies['breaker']
}

/** The input itself is kept whole; what people read of it is cut to this many characters. */
const MAX_TASK_TEXT = 10_000

/** Durable execution over one store. */
export function createEngine(options: EngineOptions): Engine {
  const deps: EngineDependencies = {
    clock: systemClock,
    onActivity: () => {},
    workspaceGroup: null,
    price: (usage) => usage,
    models: null,
    prompts: null,
    replayDry: replayHere(options),
    sharedBudgets: { tree: null, day: null },
    breaker: DEFAULT_BREAKER,
    ...options,
    settings: { ...DEFAULT_SETTINGS, ...options.settings },
  }
  const { store } = deps
  let worker: ClaimLoop | null = null
  const outside = async (
    runId: string,
    event: Parameters<typeof store.appendFromOutside>[1],
  ): ReturnType<Engine['cancel']> => {
    await store.appendFromOutside(runId, event)
    return store.getWorkflowRun(runId)
  }
  return {
    start: async (start) => {
      const run = await newRun(start, deps)
      const waits = start.startAt !== undefined || start.definition.queue.debounce !== null
      const seat = waits ? null : (worker?.reserve() ?? null)
      try {
        const { run: row, claimed } = await store.createWorkflowRun({
          ...run,
          ...(seat === null ? {} : { claim: { workerId: seat.workerId, cause: 'start' as const } }),
        })
        if (claimed !== null) seat?.take(claimed)
        return row
      } finally {
        seat?.release()
      }
    },
    startWorker: async ({ concurrency }) => {
      if (!Number.isInteger(concurrency) || concurrency < 1)
        throw new WorkflowError(
          'OPTION_INVALID',
          `concurrency of a worker is ${JSON.stringify(concurrency)}. Use a whole number from 1.`,
          { details: { option: 'concurrency' } },
        )
      worker = await new ClaimLoop(deps, concurrency).start()
      return worker
    },
    cancel: (runId, { by }) =>
      outside(runId, { type: 'run.cancel-requested', payload: { by, reason: 'cancelled' } }),
    kill: async (runId, { by }) => {
      const row = await outside(runId, { type: 'run.killed', payload: { by } })
      await deps.workspace?.endProcesses(runId, [])
      await cancelChildren(store, runId)
      return row
    },
    resume: async (runId, { by, version, planId, now = false }) => {
      if (version !== undefined || planId !== undefined) {
        const { plan } = await planResume(runId, version, deps)
        checkPlanId(runId, planId, plan)
        refuseDivergence(runId, plan)
      }
      if (now) await releaseProviders(store, runId, { by, now: new Date(deps.clock.now()).toISOString() })
      if (version !== undefined) {
        await store.appendFromOutside(runId, {
          type: 'run.upgraded',
          payload: { workflowVersion: version, by },
        })
      }
      return outside(runId, { type: 'run.resume-requested', payload: { by } })
    },
    planResume: (runId, { version } = {}) => planResume(runId, version, deps),
    retry: async (runId, request) => {
      const known = await store.findWorkflowRun(retryId(runId))
      const { plan, notes, make } = await prepareRetry(runId, request, deps)
      if (known !== null) return { run: known, plan, notes, made: false }
      return { run: (await store.createWorkflowRun(await make())).run, plan, notes, made: true }
    },
    planRetry: async (runId, request) => {
      const { plan, notes } = await prepareRetry(runId, request, deps)
      return { plan, notes }
    },
    fork: async (runId, request) => {
      const { plan, notes, make } = await prepareFork(runId, request, deps)
      return { run: (await store.createWorkflowRun(await make())).run, plan, notes }
    },
    planFork: async (runId, request) => {
      const { plan, notes } = await prepareFork(runId, request, deps)
      return { plan, notes }
    },
    send: async (runId, { by, name, data, id }) => {
      const plain = toPlain(data, `The data of event "${name}" holds a value`).value ?? null
      await store.appendFromOutside(runId, {
        type: 'event.received',
        payload: { name, data: plain, id: id ?? uuidv7(), by },
      })
    },
    raiseBudget: async (runId, raise) => {
      await raiseBudget(deps, runId, raise)
      return await store.getWorkflowRun(runId)
    },
    sendMessage: (runId, message) => sendMessage(store, runId, message),
    requestTakeover: (runId, request) => requestTakeover(store, deps.agents, runId, request),
    answer: (runId, answer) => answerQuestion(deps, runId, answer),
  }
}

/** Replays in this process. */
function replayHere({ store, definitions }: EngineOptions): EngineDependencies['replayDry'] {
  return async (request) => {
    const { project_id: projectId, workflow_id: workflowId, workflow_name: workflowName } = request.run
    const { version } = request
    const definition = await definitions.load({ projectId, workflowId, workflowName, version })
    return await dryReplay(request, { definition, readBlob: (hash) => store.getBlob(hash) })
  }
}

async function newRun(
  start: StartRun,
  deps: EngineDependencies,
): Promise<Parameters<EngineDependencies['store']['createWorkflowRun']>[0]> {
  const { definition } = start
  const what = `The input of workflow "${definition.name}"`
  const input =
    definition.input === null ? start.input : await validateWith(definition.input, start.input, what)
  const id = start.id ?? uuidv7()
  // Where nobody named a session or said a word, it is made when an agent begins or somebody writes.
  const name = start.sessionName ?? (start.message === undefined ? null : id)
  const session =
    name === null
      ? null
      : await deps.store.ensureSession({ projectId: start.projectId, name, agentName: definition.name })
  const now = deps.clock.now()
  const taskInput = start.message ?? textOf(start.input)
  return {
    id,
    projectId: start.projectId,
    workflowId: start.workflowId,
    workflowName: definition.name,
    workflowVersion: start.version,
    input: await toStored(input, `${what} is a value`, deps.store, deps.settings),
    taskInput,
    parentRunId: null,
    parentKey: null,
    onParentClose: definition.onParentClose,
    sessionId: session?.id ?? null,
    sessionName: start.sessionName ?? null,
    userId: start.userId ?? null,
    triggeringObjectId: start.triggeringObjectId ?? null,
    workspaceKind: start.workspace ?? definition.workspace,
    allowDirty: start.allowDirty ?? false,
    timeoutMs: definition.timeoutMs,
    deadlineAt: definition.deadlineMs === null ? null : new Date(now + definition.deadlineMs).toISOString(),
    onFailure: definition.onFailure ?? start.onFailure ?? 'fail',
    state: {},
    previousRunId: null,
    workspaceId: null,
    tags: start.tags ?? {},
    ...queuePayload(definition, input, start),
    ...(start.idempotencyKey === undefined
      ? {}
      : { idempotency: idempotency(start.idempotencyKey, start.input) }),
    ...(session === null
      ? {}
      : { journal: [startMessage(session.id, taskInput, start.userId ?? null, now)] }),
    ...(start.startAt === undefined ? {} : { startAt: isoTime(start.startAt, definition.name) }),
  }
}

/** The first message of the run's conversation, which exists with the run. */
function startMessage(sessionId: string, text: string, by: string | null, now: number): TakenOver {
  const payload = { sessionId, role: 'user', text, messageType: 'workflow_start', by } as const
  return { event: { type: 'message.added', payload }, timestamp: new Date(now).toISOString() }
}

/** @throws WorkflowError `OPTION_INVALID`. */
function isoTime(startAt: string, workflow: string): string {
  const at = Date.parse(startAt)
  if (!Number.isNaN(at)) return new Date(at).toISOString()
  throw new WorkflowError(
    'OPTION_INVALID',
    `startAt of a start of workflow "${workflow}" is ${JSON.stringify(startAt)}. Give a time such as 2026-12-24T18:00:00Z.`,
    { details: { option: 'startAt' } },
  )
}

function textOf(input: unknown): string {
  const text = typeof input === 'string' ? input : (JSON.stringify(input) ?? '')
  return text.length > MAX_TASK_TEXT ? `${text.slice(0, MAX_TASK_TEXT)}…` : text
}
