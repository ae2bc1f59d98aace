import { expect } from 'vitest'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { Backend } from './Backend.ts'
import { completed, failure, runCompleted, started } from './events.ts'
import { group, refusal } from './suite.ts'

const AWKWARD = 'nul \0, lone \ud800 and \udc00, pair \u{1f600}, quote " and \\ and \u2028'

/** What goes into the journal and what comes out again (J4, J5). */
export function payloadRules(backend: Backend): void {
  group(backend, 'payloads', (rule) => {
    rule('[ST14] what no store can keep is refused before anything is written', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const cycle: Record<string, unknown> = {}
      cycle.self = cycle
      await refusal(
        bench.append(run, started('a', 1), completed('a', { json: cycle as never })),
        'PAYLOAD_INVALID',
      )
      await refusal(bench.append(run, started('a', 1, { input: 1n as never })), 'PAYLOAD_INVALID')
      const huge = 'x'.repeat(9 * 1024 * 1024)
      await refusal(bench.append(run, started('a', 1), completed('a', { json: huge })), 'PAYLOAD_INVALID')
      const blob = { hash: 'f'.repeat(64), bytes: 3 }
      await refusal(bench.append(run, started('a', 1), completed('a', { blob })), 'PAYLOAD_INVALID')
      await refusal(bench.store.createWorkflowRun(bench.newRun({ input: { blob } })), 'PAYLOAD_INVALID')
      expect(await bench.store.lastSequence(run.id)).toBe(2)
    })

    rule('[ST14] awkward text comes back as it was from events and JSON', async (open) => {
      const bench = await open()
      const run = await bench.startRun({
        taskInput: AWKWARD,
        input: { json: AWKWARD },
        tags: { [AWKWARD]: AWKWARD },
      })
      await bench.append(
        run,
        started('a', 1, { name: AWKWARD, input: { [AWKWARD]: AWKWARD } }),
        completed(
          'a',
          { json: [AWKWARD] },
          { rawOutput: AWKWARD, state: [{ name: AWKWARD, value: AWKWARD }] },
        ),
      )
      const [created, , begun, done] = await bench.store.listWorkflowEvents({ runId: run.id })
      expect(created?.payload).toMatchObject({
        taskInput: AWKWARD,
        input: { json: AWKWARD },
        tags: { [AWKWARD]: AWKWARD },
      })
      expect(begun?.payload).toMatchObject({ name: AWKWARD, input: { [AWKWARD]: AWKWARD } })
      expect(done?.payload).toMatchObject({ output: { json: [AWKWARD] }, rawOutput: AWKWARD })
      const row = await bench.store.getWorkflowRun(run.id)
      expect(row.state).toEqual({ [AWKWARD]: AWKWARD })
      expect(row.task_input).toBe(AWKWARD.toWellFormed().replaceAll('\0', '\u2400'))
      const [step] = await bench.store.listWorkflowSteps(run.id)
      expect(step).toMatchObject({ output: [AWKWARD], input: { [AWKWARD]: AWKWARD } })
    })

    rule('[ST16] every payload is given back whole', async (open) => {
      const bench = await open()
      const created = bench.newRun({
        workflowVersion: 3,
        onParentClose: 'detach',
        workspaceKind: 'worktree',
        allowDirty: true,
        onFailure: 'ask',
        userId: 'user',
        triggeringObjectId: 'lead',
        deadlineAt: '2026-03-01T00:00:00.000Z',
        state: { count: 1 },
        tags: { team: 'a' },
        input: {},
      })
      const { run, claimed } = await bench.store.createWorkflowRun({
        ...created,
        claim: { workerId: bench.workerId, cause: 'start' },
      })
      const owned = { id: run.id, token: claimed?.ownerToken ?? '' }
      const events: NewJournalEvent[] = [
        started('a', 1, { input: null, logFilePath: 'a.log' }),
        completed(
          'a',
          {},
          { rawOutput: 'said', treeId: 'tree', state: [{ name: 'x', value: null, deleted: true }] },
        ),
        started('b', 2, { input: [1, 2] }),
        {
          type: 'step.retrying',
          payload: { key: 'b', attempt: 1, error: failure('no'), durationMs: 1, retryAt: bench.now },
        },
        started('b', 2, { input: [1, 2], attempt: 2 }),
        completed('b', { json: null }, { attempt: 2, rawOutput: '' }),
        completed('b', { json: 'again' }, { attempt: 2, rawOutput: 'again' }),
        started('c', 3, {
          name: 'third',
          kind: 'shell',
          hash: 'shell:1',
          parentKey: 'a',
          maxAttempts: 1,
          writes: 'workspace',
          onInterrupted: 'ask',
          activeMs: 5,
        }),
        completed('never-started', { json: 'lost' }),
        { type: 'state.set', payload: { key: 's', name: 'y', value: { deep: [true] } } },
        runCompleted({ json: { answer: 42 } }),
      ]
      const { id: _id, ...payload } = created
      await bench.append(owned, ...events)
      const read = await bench.store.listWorkflowEvents({ runId: run.id })
      expect(read.map(({ type, payload: given }) => ({ type, payload: given }))).toEqual([
        { type: 'run.created', payload },
        { type: 'run.started', payload: { workerId: bench.workerId, cause: 'start' } },
        ...events,
      ])
      const last = await bench.store.listWorkflowEvents({ runId: run.id, afterSequence: read.length - 1 })
      expect(last).toEqual(read.slice(-1))
    })

    rule('[ST16] a long journal is given back whole', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const steps = Array.from({ length: 60 }, (_, i) => [
        started(`s${i}`, i + 1, { input: { i } }),
        completed(`s${i}`, { json: { i } }, { rawOutput: `raw ${i}` }),
      ]).flat()
      await bench.append(run, ...steps)
      const read = await bench.store.listWorkflowEvents({ runId: run.id, afterSequence: 2 })
      expect(read.map(({ type, payload }) => ({ type, payload }))).toEqual(steps)
    })

    rule('[ST17] an event of an unknown type is kept and changes no row', async (open) => {
      const bench = await open()
      const run = await bench.startRun()
      const future = { type: 'moon.landed', payload: { key: 'x', at: [1] } } as unknown as NewJournalEvent
      const before = await bench.store.getWorkflowRun(run.id)
      await bench.append(run, future)
      expect((await bench.store.listWorkflowEvents({ runId: run.id })).at(-1)).toMatchObject(future)
      expect(await bench.store.getWorkflowRun(run.id)).toEqual(before)
    })

    rule('[ST44] blobs are kept once, given whole for one row and as a reference in lists', async (open) => {
      const bench = await open()
      const text = JSON.stringify({ big: 'x'.repeat(1000) })
      const bytes = Buffer.from(text)
      const [hash, twin] = await Promise.all([bench.store.putBlob(bytes), bench.store.putBlob(bytes)])
      expect(hash).toMatch(/^[0-9a-f]{64}$/)
      expect(twin).toBe(hash)
      expect(Buffer.from(await bench.store.getBlob(hash))).toEqual(bytes)
      await refusal(bench.store.getBlob('0'.repeat(64)), 'RECORD_NOT_FOUND')
      const blob = { hash, bytes: bytes.length }
      const run = await bench.startRun({ input: { blob } })
      await bench.append(run, started('a', 1), completed('a', { blob }), runCompleted({ blob }))
      const value = JSON.parse(text) as unknown
      expect(await bench.store.getWorkflowRun(run.id)).toMatchObject({ input: value, output: value })
      expect(await bench.store.getWorkflowStep(`${run.id}.3.0`)).toMatchObject({ output: value })
      expect((await bench.store.getCompletedDagNodeOutputs(run.id)).get('a')?.output).toEqual(value)
      expect((await bench.store.listWorkflowRuns()).items[0]).toMatchObject({
        input: { blob },
        output: { blob },
      })
      expect((await bench.store.listWorkflowSteps(run.id))[0]).toMatchObject({ output: { blob } })
      const read = await bench.store.listWorkflowEvents({ runId: run.id })
      expect(read[0]?.payload).toMatchObject({ input: { blob } })
      expect(read.at(-1)?.payload).toMatchObject({ output: { blob } })
    })
  })
}
