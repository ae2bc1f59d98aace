import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { Backend } from './Backend.ts'
import type { Bench, OwnedRun } from './Bench.ts'
import { completed, failure, received, requested, runCompleted, started } from './events.ts'
import { group, refusal } from './suite.ts'

/** How runs end, and who hears of it (S5). */
export function endRules(backend: Backend): void {
  group(backend, 'ends', (rule) => {
    rule('[ST8] nothing stays open below a run that is over', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await bench.append(
        run,
        started('a', 1),
        started('b', 2),
        requested('deploy', { stepKey: 'b' }),
        agentStarted('a'),
      )
      await bench.append(run, runFailed())
      const steps = await bench.store.listWorkflowSteps(run.id)
      expect(steps.map((step) => step.status)).toEqual(['cancelled', 'cancelled'])
      const logs = (await bench.store.listExecutionLogs({ runId: run.id, sort: 'executed_at' })).items
      expect(logs.map((log) => [log.status, log.attempt_number])).toEqual([
        ['CANCELLED', 1],
        ['CANCELLED', 1],
      ])
      expect((await bench.store.listApprovals({ runId: run.id }))[0]?.status).toBe('withdrawn')
      expect((await bench.store.listAgentSessions(run.id))[0]?.status).toBe('failed')
      await refusal(bench.append(run, started('c', 3)), 'RUN_FINISHED')
      await refusal(bench.store.appendFromOutside(run.id, received('e')), 'RUN_FINISHED')
      expect(await bench.claim()).toEqual([])
      expect(await bench.store.nextDueAt(bench.workerId)).toBeNull()
      const row = await bench.store.getWorkflowRun(run.id)
      expect(row).toMatchObject({
        status: 'failed',
        error_message: 'broken',
        active_ms: 9,
        completed_at: bench.now,
      })
    })

    rule('[ST9] a kill ends the run at once and takes it from its owner', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      await bench.append(run, started('a', 1))
      await bench.store.appendFromOutside(run.id, { type: 'run.killed', payload: { by: 'ada' } })
      await refusal(bench.append(run, completed('a')), 'RUN_FINISHED')
      expect(await bench.park(run).catch((error: { code: string }) => error.code)).toBe('RUN_FINISHED')
      expect(await bench.store.fenceRun(run.id, run.token)).toBeNull()
      expect((await bench.store.listWorkflowSteps(run.id))[0]?.status).toBe('cancelled')
      expect((await bench.store.getWorkflowRun(run.id)).status).toBe('killed')
    })

    rule('[ST10] the end of a child reaches its parent once and makes it due', async (open) => {
      const bench = await open()
      const parent = await bench.startRun()
      const child = await bench.startRun({ parentRunId: parent.id, parentKey: 'kid' })
      await bench.park(parent)
      const end: NewJournalEvent = {
        type: 'run.cancelled',
        payload: { cleanup: 'ran', activeMs: 1, error: null },
      }
      await bench.append(child, end)
      const events = await bench.store.listWorkflowEvents({ runId: parent.id })
      expect(events.at(-1)).toMatchObject({
        type: 'child.completed',
        payload: { key: 'kid', childRunId: child.id, status: 'cancelled' },
      })
      expect((await bench.claim()).map(({ run }) => run.id)).toEqual([parent.id])
      const twice = {
        type: 'child.completed',
        payload: { key: 'kid', childRunId: child.id, status: 'cancelled' },
      } as const
      expect(await bench.store.appendFromOutside(parent.id, twice)).toMatchObject({ first: events.length })
      expect((await bench.types(parent.id)).filter((type) => type === 'child.completed')).toHaveLength(1)
    })

    rule('[ST10] a parent that works hears too, one that is over does not', async (open) => {
      const bench = await open()
      const parent = await bench.startRun()
      const kids = await Promise.all(
        ['one', 'two'].map((parentKey) => bench.startRun({ parentRunId: parent.id, parentKey })),
      )
      await Promise.all(kids.slice(0, 1).map((kid) => bench.append(kid, runCompleted())))
      expect((await bench.types(parent.id)).at(-1)).toBe('child.completed')
      await bench.append(parent, runCompleted())
      await Promise.all(kids.slice(1).map((kid) => bench.append(kid, runCompleted())))
      expect((await bench.types(parent.id)).at(-1)).toBe('run.completed')
    })

    rule('[ST11] a run and its successor change together', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const id = randomUUID()
      const successor = bench.newRun({ id, previousRunId: run.id, state: { n: 1 } })
      const stale = continueAs(bench, { ...run, token: 'stale' }, successor)
      await refusal(stale, 'OWNERSHIP_LOST')
      const blob = { hash: 'a'.repeat(64), bytes: 1 }
      await refusal(continueAs(bench, run, { ...successor, input: { blob } }), 'PAYLOAD_INVALID')
      expect(await bench.store.findWorkflowRun(id)).toBeNull()
      expect((await bench.store.getWorkflowRun(run.id)).status).toBe('running')

      const done = await continueAs(bench, run, successor)
      expect(done).toMatchObject({
        created: true,
        claimed: null,
        run: { id, previous_run_id: run.id, state: { n: 1 } },
      })
      expect((await bench.store.getWorkflowRun(run.id)).status).toBe('completed')
      expect((await bench.claim()).map((claim) => claim.run.id)).toEqual([id])
    })

    rule('[ST28] a run is created with events of another one, whole or not at all', async (open) => {
      const bench = await open()
      const timestamp = '2020-01-01T00:00:00.000Z'
      const output = { json: { kept: true } }
      const taken = [started('plan', 1), completed('plan', output)].map((event) => ({
        event,
        timestamp,
      }))
      const origin = await bench.startRun()
      const forkedFrom = {
        runId: origin.id,
        stepKey: 'next',
        throughSequence: 3,
        beganAt: timestamp,
        identities: [{ runId: origin.id, throughSequence: 3 }],
        files: null,
        workspaceId: null,
      }
      const fork = bench.newRun({ forkedFrom, previousRunId: origin.id, journal: taken })
      const missing = completed('plan', { blob: { hash: 'b'.repeat(64), bytes: 1 } })
      const broken = { ...fork, journal: [taken[0]!, { event: missing, timestamp }] }
      await refusal(bench.store.createWorkflowRun(broken), 'PAYLOAD_INVALID')
      expect(await bench.store.findWorkflowRun(fork.id)).toBeNull()

      const { run } = await bench.store.createWorkflowRun(fork)
      // A retry is linked both ways, and asked for twice it is made once.
      const links = { forked_from: origin.id, previous_run_id: origin.id }
      expect(run).toMatchObject({ status: 'pending', ...links, started_at: null })
      expect((await bench.store.createWorkflowRun(fork)).run).toEqual(run)
      const events = await bench.store.listWorkflowEvents({ runId: fork.id })
      expect(events.map((event) => [event.sequence, event.type])).toEqual([
        [1, 'run.created'],
        [2, 'step.started'],
        [3, 'step.completed'],
      ])
      expect(events[0]?.payload).toMatchObject({ forkedFrom })
      expect(events[2]).toMatchObject({ timestamp, payload: { key: 'plan', output } })
      expect(await bench.store.listWorkflowSteps(fork.id)).toMatchObject([
        { id: `${fork.id}.2.0`, status: 'completed', output: output.json, started_at: timestamp },
      ])
      expect((await bench.claim()).map((claim) => claim.run.id)).toEqual([fork.id])
      expect(await bench.types(origin.id)).toEqual(['run.created', 'run.started'])
    })

    rule('[ST11] a parent hears of the end of the successor only', async (open) => {
      const bench = await open()
      const parent = await bench.startRun()
      const family = { parentRunId: parent.id, parentKey: 'kid' }
      const first = await bench.startRun(family)
      const successor = bench.newRun({
        ...family,
        previousRunId: first.id,
        claim: { workerId: bench.workerId, cause: 'start' },
      })
      const { claimed } = await continueAs(bench, first, successor)
      expect(await bench.types(parent.id)).toEqual(['run.created', 'run.started'])
      await bench.append({ id: successor.id, token: claimed?.ownerToken ?? '' }, runCompleted())
      expect((await bench.store.listWorkflowEvents({ runId: parent.id })).at(-1)?.payload).toMatchObject({
        childRunId: successor.id,
      })
    })
  })
}

function continueAs(bench: Bench, run: OwnedRun, successor: ReturnType<Bench['newRun']>) {
  const append = { runId: run.id, ownerToken: run.token, appendId: randomUUID(), events: [runCompleted()] }
  return bench.store.completeAndContinue({ append, successor })
}

function runFailed(): NewJournalEvent {
  return { type: 'run.failed', payload: { error: failure('broken'), activeMs: 9 } }
}

function agentStarted(stepKey: string): NewJournalEvent {
  return {
    type: 'agent.started',
    payload: {
      stepKey,
      attempt: 1,
      agent: 'claude',
      name: 'plan',
      sessionId: 's-1',
      model: 'large',
      sessionFilePath: 'sessions/1.jsonl',
      resumed: false,
    },
  }
}
