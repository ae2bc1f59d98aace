import { readFile } from 'node:fs/promises'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentAdapter, AgentObserver, AgentRequest } from '@holdfast/workflow-sdk/ports'
import { endProcesses, isAlive, RUN_VARIABLE } from '@holdfast/workspace'
import { describe, expect, onTestFinished, test } from 'vitest'
import { rejection, requestFor, sumOf, witness } from './helpers.ts'

/** Sessions that every adapter must be able to show, from recordings of its program. */
export const SCENARIOS = ['success', 'resumed', 'overloaded', 'unknown-session', 'hangs', 'killed'] as const
/** Name of a session; `hangs` says something and then nothing more, `killed` ends itself by SIGKILL after that. */
export type Scenario = (typeof SCENARIOS)[number]

/** An adapter, and what to ask of it to see one scenario. */
export interface Harness {
  readonly adapter: AgentAdapter
  readonly cwd: string
  /** Parts of the request that lead to the scenario. */
  readonly request: Partial<AgentRequest>
  /** A session that exists, for `resumed`. */
  readonly sessionId?: string
}

/** The rules that hold for every adapter; each adapter calls this once with its own harness. */
export function adapterContract(name: string, setUp: (scenario: Scenario) => Promise<Harness>): void {
  describe(`the adapter ${name}`, () => {
    const start = async (scenario: Scenario, parts: Partial<AgentRequest> = {}) => {
      const harness = await setUp(scenario)
      const request = requestOf(harness, parts)
      const order: string[] = []
      const seen = witness()
      const observer: AgentObserver = {
        ...seen,
        onSession: (id) => {
          order.push('session')
          return seen.onSession(id)
        },
        onProcess: (process) => {
          order.push('process')
          seen.onProcess(process)
        },
      }
      const outcome = harness.adapter.run(request, observer)
      const left = (): Promise<number> =>
        endProcesses({ variable: { name: RUN_VARIABLE, value: request.marker.runId }, known: [] })
      onTestFinished(async () => void (await left()))
      return { harness, request, seen, order, outcome, left }
    }

    test('[AG1] accepts what it can do', async () => {
      const harness = await setUp('success')
      await harness.adapter.check(requestOf(harness))
      expect(harness.adapter.name).toBe(name)
    })

    test('[AG33] tells again from the session file what it said while it worked', async () => {
      const { outcome, seen, request, harness } = await start('success')
      await outcome
      const told = await harness.adapter.retell?.(request.transcriptPath)
      // Remarks of ours about the end are none of the session's.
      const said = (all: readonly { readonly kind: string }[] = []) =>
        all.filter(({ kind }) => kind !== 'notice')
      expect(said(told)).toEqual(said(seen.activity))
      expect(said(told).length).toBeGreaterThan(0)
      expect(await harness.adapter.retell?.(`${request.transcriptPath}.gone`)).toEqual([])
    })

    test('[AG2] says the session id before the process starts where it can be preset, else as soon as the program does', async () => {
      const { order, outcome, seen, request, harness } = await start('success')
      const { sessionId } = await outcome
      const preset = harness.adapter.capabilities.presetSessionId
      expect(order).toEqual(preset ? ['session', 'process'] : ['process', 'session'])
      expect(seen.sessions).toEqual([preset ? request.sessionId : sessionId])
      expect(sessionId).not.toBeNull()
    })

    test('[AG2] makes a session id where none is preset', async () => {
      const { seen, outcome } = await start('success', { sessionId: null })
      await outcome
      expect(seen.sessions).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$|^ses_\w{20,}$/)])
    })

    test('[AG5] every line of the program stands in the transcript, as a line of JSON', async () => {
      const { outcome, request } = await start('success')
      await outcome
      const lines = (await readFile(request.transcriptPath, 'utf8')).trimEnd().split('\n')
      expect(lines.length).toBeGreaterThan(3)
      for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow()
    })

    test('[AG7] usage is reported call by call under ids of their own, and adds up to the outcome', async () => {
      const { outcome, seen } = await start('success')
      const { usage, costUsd } = await outcome
      expect(usage.inputTokens + usage.outputTokens).toBeGreaterThan(0)
      expect(sumOf(seen.usage)).toEqual({
        input: usage.inputTokens,
        output: usage.outputTokens,
        read: usage.cachedReadTokens,
        write: usage.cachedWriteTokens,
      })
      const ids = seen.usage.map(({ callId }) => callId)
      expect(ids).not.toContain(null)
      expect(new Set(ids).size).toBe(ids.length)
      // One unknown price makes the whole unknown.
      if (costUsd === null) expect(seen.usage.map((record) => record.costUsd)).toContain(null)
      else expect(seen.usage.reduce((sum, record) => sum + (record.costUsd ?? 0), 0)).toBeCloseTo(costUsd, 6)
    })

    test('[AG2] resumes under the same session id', async () => {
      const harness = await setUp('resumed')
      const sessionId = harness.sessionId ?? null
      const request = requestFor(harness.cwd, { ...harness.request, sessionId, resume: true })
      const outcome = await harness.adapter.run(request, witness())
      expect(outcome.sessionId).toBe(sessionId)
    })

    test.each([
      ['overloaded', 'AGENT_PROVIDER_OVERLOADED', {}],
      ['unknown-session', 'AGENT_SESSION_NOT_FOUND', { resume: true }],
      ['killed', 'AGENT_FAILED', {}],
    ] as const)('[AG6] %s is %s', async (scenario, code, parts) => {
      const { outcome, left } = await start(scenario, parts)
      const error = await rejection(outcome)
      expect(WorkflowError.has(error, code)).toBe(true)
      expect(error).toMatchObject({ details: { agent: name } })
      expect(await left()).toBe(0)
    })

    test('[AG9] an abort rejects with its reason once nothing is left', async () => {
      const controller = new AbortController()
      const { outcome, seen, left } = await start('hangs', { signal: controller.signal })
      const failed = rejection(outcome)
      await seen.saw('')
      const reason = new Error('stop')
      controller.abort(reason)
      expect(await failed).toBe(reason)
      expect(seen.processes.map(isAlive)).toEqual([false])
      expect(await left()).toBe(0)
    })

    test('[AG9] a signal that is aborted already starts nothing', async () => {
      const reason = new Error('too late')
      const { outcome, seen } = await start('success', { signal: AbortSignal.abort(reason) })
      expect(await rejection(outcome)).toBe(reason)
      expect(seen.usage).toEqual([])
    })

    test('[AG9] silence is STEP_TIMED_OUT', async () => {
      const { outcome, left } = await start('hangs', { idleTimeoutMs: 1500 })
      expect(await rejection(outcome)).toMatchObject({ code: 'STEP_TIMED_OUT' })
      expect(await left()).toBe(0)
    })

    test('[AG12] inspect answers without an error', async () => {
      const { adapter } = await setUp('success')
      expect(typeof (await adapter.inspect()).detail).toBe('string')
    })
  })
}

/** A request that the adapter can take: an id for a new session only where one can be preset. */
function requestOf({ adapter, cwd, request }: Harness, parts: Partial<AgentRequest> = {}): AgentRequest {
  const chosen = parts.resume === true || adapter.capabilities.presetSessionId
  return requestFor(cwd, { ...request, ...(chosen ? {} : { sessionId: null }), ...parts })
}
