import type { ClaimedRun, IWorkflowStore } from '@holdfast/store/contract'
import { toErrorRecord, type AnyWorkflow, type ErrorRecord } from '@holdfast/workflow-sdk'
import type { AgentPort, Clock, DefinitionPort, RunFilesPort } from '@holdfast/workflow-sdk/ports'
import { createContext } from '../context/createContext.ts'
import type { EngineDependencies } from '../dependencies.ts'
import { Execution } from '../execution/Execution.ts'
import { JournalIndex } from '../journal/JournalIndex.ts'
import { inScope } from '../scopes/active.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { fromStored } from '../values/stored.ts'
import { CallWatch } from './CallWatch.ts'
import type { Divergence, DryEnd, DryReplay, DryReplayRequest } from './contract.ts'
import { unaskedOf } from './unasked.ts'

/** What a dry replay needs beside the journal. */
export interface DryReplayParts {
  readonly definition: AnyWorkflow
  readonly readBlob: (hash: string) => Promise<Uint8Array>
  /** `file:line:column` in the author's source by a stack. */
  readonly placeOf?: (stack: string) => string | null
  /** How long code may wait for something that is no call of `ctx`, in milliseconds; default 500. */
  readonly patienceMs?: number
}

/** A call lies deeper in the stack than the author's line by as many frames at most. */
const STACK_DEPTH = 40

/**
 * Replays a journal against a workflow: the same execution, in which no call without a result is ever started. No
 * step, wait, question or comment begins, no log line is written and no timer runs, so nothing can happen through
 * `ctx`. Code that never gives control back is ended by whoever runs this in a process of its own.
 */
export async function dryReplay(request: DryReplayRequest, parts: DryReplayParts): Promise<DryReplay> {
  const { placeOf = () => null, patienceMs = 500 } = parts
  const index = new JournalIndex()
  for (const event of request.events) index.apply(event)
  const over = Promise.withResolvers<void>()
  let divergence: Divergence | null = null
  let ends: DryEnd | null = null
  const entries = { seen: -1 }
  const quiet = (): void => {
    if (watch.reached.length > 0 || ends !== null) return over.resolve()
    entries.seen = x.entries
    setTimeout(() => {
      if (entries.seen === x.entries && x.loop.quiescent) over.resolve()
    }, patienceMs)
  }
  const watch = new CallWatch(placeOf, quiet)
  const deps = dryDependencies(parts.readBlob)
  const input = await fromStored(index.created?.input ?? {}, deps.store)
  const claim = { run: request.run, ownerToken: '', cause: 'wake', sequence: index.sequence } as ClaimedRun
  const { project, workspacePath } = request
  const { definition } = parts
  const x = new Execution({ claim, index, definition, project, workspacePath, input, watch }, deps)
  const ended = (end: DryEnd): void => {
    ends ??= end
    over.resolve()
  }
  x.onFailure = (error) => {
    const { key = null, expected = null, actual = null } = error.details as Partial<Record<string, string>>
    const at = placeOf(error.stack ?? '')
    divergence ??= { key, recorded: expected, now: actual, message: error.message, at }
    over.resolve()
  }
  const ctx = createContext(x, x.root, () => {
    ended({ how: 'continued', message: null, at: null })
    return new Promise(() => {})
  })
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = Math.max(limit, STACK_DEPTH)
  try {
    x.loop.begin(() => {
      inScope(x.root, async () => definition.execute(ctx)).then(
        () => ended({ how: 'completed', message: null, at: null }),
        (error: unknown) => {
          const record = toErrorRecord(error)
          ended({ how: 'failed', message: messageOf(record), at: placeOf(record.stack ?? '') })
        },
      )
    })
    await over.promise
  } finally {
    Error.stackTraceLimit = limit
    x.close('lost')
  }
  // What code that stops half-way would have asked for, nobody knows.
  const unasked = divergence === null ? unaskedOf(index, watch.asked) : []
  if (divergence === null && ends === null && watch.reached.length === 0)
    ends = { how: 'stuck', message: 'It waits for something that is no call of ctx.', at: null }
  return judged({ divergence, ends, reached: watch.reached, asked: [...watch.asked], unasked })
}

/** With what led to it: what a dry replay denies is often wrapped by a library. */
function messageOf({ message, cause }: ErrorRecord): string {
  return cause === null ? message : `${message} (${messageOf(cause)})`
}

function judged(found: Omit<DryReplay, 'verdict'>): DryReplay {
  const { divergence, ends, unasked } = found
  if (divergence !== null) return { ...found, verdict: 'diverges' }
  // Code that fails before it has come to what was done could not go on from there.
  if (ends?.how === 'failed' && unasked.length > 0) {
    const [first] = unasked
    const message = `The code fails before it comes to "${first?.key}", which the journal has: ${ends.message}`
    return {
      ...found,
      verdict: 'diverges',
      divergence: { key: first?.key ?? null, recorded: first?.kind ?? null, now: null, message, at: ends.at },
    }
  }
  return { ...found, verdict: unasked.length === 0 && ends?.how !== 'stuck' ? 'same' : 'differs' }
}

const never = (): Promise<never> => new Promise(() => {})

/** Ports that do nothing: what is written is never durable, no timer runs. */
function dryDependencies(readBlob: DryReplayParts['readBlob']): EngineDependencies {
  const store: Partial<IWorkflowStore> = { getBlob: readBlob, putBlob: never, appendAsOwner: never }
  const clock: Clock = { now: () => 0, monotonic: () => 0, setTimer: () => () => {} }
  const files: Partial<RunFilesPort> = { log: () => {} }
  return {
    store: store as IWorkflowStore,
    clock,
    files: files as RunFilesPort,
    workspace: null,
    agents: {} as AgentPort,
    definitions: {} as DefinitionPort,
    host: {} as EngineDependencies['host'],
    workspaceGroup: null,
    settings: DEFAULT_SETTINGS,
    onActivity: () => {},
    price: (usage) => usage,
    sharedBudgets: { tree: null, day: null },
    breaker: null,
    models: null,
    prompts: null,
    replayDry: never,
  }
}
