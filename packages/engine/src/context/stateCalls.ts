import { WorkflowError, type WorkflowContext } from '@holdfast/workflow-sdk'
import {
  journalEvent,
  type Json,
  type EventPayloads,
  type NewJournalEvent,
  type StateChange,
} from '@holdfast/workflow-sdk/journal'
import type { Execution } from '../execution/Execution.ts'
import { derivedRandom, derivedUuid } from '../identity/derive.ts'
import type { NoteRecord } from '../journal/records.ts'
import { scopeOfCall } from '../scopes/active.ts'
import type { Scope } from '../scopes/Scope.ts'
import { toPlain } from '../values/plain.ts'
import { requireFunction, requireText, requireWords } from './arguments.ts'
import { allotKey } from './calls.ts'

type StateMethods = Pick<
  WorkflowContext,
  'set' | 'get' | 'has' | 'delete' | 'tag' | 'now' | 'uuid' | 'random' | 'patched' | 'onPark'
>

/** The synchronous calls: state, marks, and values that are the same in every replay. What is refused about them is thrown. */
export function stateCalls(x: Execution, own: Scope): StateMethods {
  const here = (what: string): Scope => {
    const scope = scopeOfCall(own, what)
    scope.checkOpen(what)
    return scope
  }
  /** Writes a note unless the journal has it; answers what stands there. */
  const note = (
    scope: Scope,
    kind: string,
    make: (key: string) => NewJournalEvent,
  ): NoteRecord | undefined => {
    const key = allotKey(x, scope, { kind })
    const record = x.index.get(key)
    const event = make(key)
    if (record === undefined) {
      x.journal.add(event)
      return undefined
    }
    if (record.is !== 'note' || subjectOf(record.payload) !== subjectOf(event.payload)) throw diverged(x, key)
    x.passed(key)
    return record
  }
  const change = (what: string, next: StateChange): void => {
    requireText(what, 'name', next.name)
    const scope = here(what)
    if (scope.step !== null) {
      scope.state.apply(next)
      return
    }
    const record = note(scope, 'set', (key) => journalEvent('state.set', { key, ...next }))
    scope.state.apply((record?.payload as EventPayloads['state.set'] | undefined) ?? next)
  }
  return {
    set: (name, value) => change(`ctx.set("${name}")`, { name, value: stateValue(name, value) }),
    delete: (name) => change(`ctx.delete("${name}")`, { name, value: null, deleted: true }),
    get: <T>(name: string) =>
      structuredClone(scopeOfCall(own, `ctx.get("${name}")`).state.get(name)) as T | undefined,
    has: (name) => scopeOfCall(own, `ctx.has("${name}")`).state.has(name),
    tag: (name, value) => {
      requireWords('ctx.tag', 'name', name)
      requireText('ctx.tag', 'value', value)
      void note(here('ctx.tag'), 'tag', (key) => journalEvent('run.updated', { key, tag: { name, value } }))
    },
    now: () =>
      new Date(
        own.step === null && scopeOfCall(own, 'ctx.now').step === null ? x.loop.time : x.deps.clock.now(),
      ),
    uuid: () => derivedUuid(x.identity, allotKey(x, here('ctx.uuid'), { kind: 'uuid' })),
    random: () => derivedRandom(x.identity, allotKey(x, here('ctx.random'), { kind: 'random' })),
    patched: (id) => {
      requireWords('ctx.patched', 'id', id)
      return patched(x, id)
    },
    onPark: (fn) => {
      requireFunction('ctx.onPark', fn)
      x.onParkHooks.push(fn)
    },
  }
}

/** A run that reaches the call live passes the new code, and so do its replays; a journal from before does not. */
function patched(x: Execution, id: string): boolean {
  if (x.index.patches.has(id)) return true
  if (x.replaying) return false
  x.index.patches.set(id, x.index.sequence)
  x.journal.add(journalEvent('run.updated', { patch: id }))
  return true
}

/** What a note is about: the name that is set, deleted or tagged. */
function subjectOf(payload: unknown): string {
  const { name, deleted, tag } = payload as { name?: string; deleted?: boolean; tag?: { name: string } }
  return JSON.stringify([name ?? tag?.name, deleted === true])
}

function diverged(x: Execution, key: string): WorkflowError {
  const error = new WorkflowError(
    'REPLAY_DIVERGED',
    `Run ${x.runId} changed something else at ${key} before. What a workflow does outside of steps must not depend on time, chance or changed code.`,
    { details: { key } },
  )
  x.fail(error)
  return error
}

/** State goes into the journal itself, which is no place for large values. */
const MAX_STATE_BYTES = 1024 * 1024

function stateValue(name: string, value: unknown): Json {
  const { value: plain, roughBytes } = toPlain(value, `ctx.set("${name}") was given a value`)
  if (roughBytes <= MAX_STATE_BYTES) return plain ?? null
  throw new WorkflowError(
    'STEP_OUTPUT_TOO_LARGE',
    `ctx.set("${name}") was given about ${roughBytes} bytes; state takes ${MAX_STATE_BYTES}. Return large data from a step, or keep it in a file.`,
    { details: { name, bytes: roughBytes, limit: MAX_STATE_BYTES } },
  )
}
