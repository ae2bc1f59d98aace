import { expect } from 'vitest'
import type { IWorkflowStore, TransferRecord } from '../contract/index.ts'
import { Digest } from '../transfer/Digest.ts'
import type { Backend } from './Backend.ts'
import { registerWorker } from './Bench.ts'
import { answered, completed, received, runCompleted } from './events.ts'
import { catalogue, everythingOf, fill } from './fill.ts'
import { group, refusal } from './suite.ts'

/** Export and import, from this backend to itself. */
export function transferRules(backend: Backend): void {
  group(backend, 'copies', (rule) => {
    rule('[ST80] everything that comes out goes in and comes out again', async (open) => {
      const bench = await open()
      const ids = await fill(bench)
      const records = await read(bench.store)
      const copy = await backend.open({ now: () => bench.clock.ms + 60_000 })
      const summary = await copy.importRecords(stream(records))
      expect(summary).toEqual(digest(records))
      expect(digest(await read(copy))).toEqual(summary)
      expect(Object.keys(summary).length).toBe(14)
      for (const runId of Object.values(ids)) {
        expect(await everythingOf(copy, runId)).toEqual(await everythingOf(bench.store, runId))
      }
      expect(await catalogue(copy, bench)).toEqual(await catalogue(bench.store, bench))
      await copy.close()
    })

    rule(
      '[ST80] parents come before what refers to them, and a run begins with its creation',
      async (open) => {
        const bench = await open()
        await fill(bench)
        const order = (await read(bench.store)).map(({ table }) => table)
        const first = (table: TransferRecord['table']): number => order.indexOf(table)
        expect(first('projects')).toBe(0)
        expect(first('workflow_versions')).toBeLessThan(first('workflow_nodes'))
        expect(first('prompt_definitions')).toBeLessThan(first('workflow_nodes'))
        expect(first('triggers')).toBeLessThan(first('schedules'))
        expect(order.lastIndexOf('blobs')).toBeLessThan(first('workflow_events'))
        expect(order.lastIndexOf('workflow_runs')).toBeLessThan(first('workflow_logs'))
      },
    )

    rule('[ST81] a store that holds something takes nothing over', async (open) => {
      const bench = await open()
      const before = digest(await read(bench.store))
      await refusal(bench.store.importRecords(stream([])), 'STORE_NOT_EMPTY')
      expect(digest(await read(bench.store))).toEqual(before)
      const blobOnly = await backend.open({})
      await blobOnly.putBlob(new Uint8Array([1]))
      await refusal(blobOnly.importRecords(stream([])), 'STORE_NOT_EMPTY')
      await blobOnly.close()
    })

    rule('[ST81] nothing is kept of records that end too early or do not fit', async (open) => {
      const bench = await open()
      await fill(bench)
      const records = await read(bench.store)
      const copy = await backend.open({})
      const broken = new Error('the line is cut')
      await expect(copy.importRecords(stream(records.slice(0, -3), broken))).rejects.toBe(broken)
      const events = records.findIndex(
        (record) => record.table === 'workflow_events' && record.events.length > 2,
      )
      const gap = records.map((record, index) =>
        index === events && record.table === 'workflow_events'
          ? { ...record, events: record.events.filter((_, i) => i !== 1) }
          : record,
      )
      await refusal(copy.importRecords(stream(gap)), 'JOURNAL_CORRUPT')
      const headless = records.map((record, index) =>
        index === events && record.table === 'workflow_events'
          ? { ...record, events: record.events.slice(1) }
          : record,
      )
      await refusal(copy.importRecords(stream(headless)), 'JOURNAL_CORRUPT')
      const eventless = records.filter((_, index) => index !== events)
      await refusal(copy.importRecords(stream(eventless)), 'JOURNAL_CORRUPT')
      const steps = records.map((record) =>
        record.table === 'workflow_runs' ? { ...record, run: { ...record.run, steps: 99 } } : record,
      )
      const error = await refusal(copy.importRecords(stream(steps)), 'STORE_COPY_DIFFERS')
      expect(error.details).toEqual({ tables: ['workflow_runs'] })
      expect(await read(copy)).toEqual([])
      await copy.importRecords(stream(records))
      expect(digest(await read(copy))).toEqual(digest(records))
      await copy.close()
    })

    rule('[ST82] runs go on in the copy', async (open) => {
      const bench = await open()
      const { waiting, owned, timer } = await fill(bench)
      const old = await bench.store.claimDueRuns({ workerId: bench.workerId, limit: 9, now: bench.now })
      expect(old).toEqual([])
      const copy = await backend.open({ now: () => bench.clock.ms })
      await copy.importRecords(bench.store.exportRecords())
      await registerWorker(copy, 'worker-2')
      const claim = () => copy.claimDueRuns({ workerId: 'worker-2', limit: 9, now: bench.now })
      const [taken, ...rest] = await claim()
      expect([taken?.run.id, taken?.cause, rest.length]).toEqual([owned, 'takeover', 0])
      const append = (ownerToken: string) =>
        copy.appendAsOwner({
          runId: owned,
          ownerToken,
          appendId: 'x',
          events: [completed('open'), runCompleted()],
        })
      await refusal(append(bench.workerId), 'OWNERSHIP_LOST')
      await append(taken?.ownerToken ?? '')
      expect(await copy.getWorkflowRun(owned)).toMatchObject({ status: 'completed' })

      await copy.appendFromOutside(waiting, answered('ship'))
      const [woken] = await claim()
      expect([woken?.run.id, woken?.cause]).toEqual([waiting, 'wake'])
      expect(await copy.nextDueAt('worker-2')).toBe('2026-01-01T01:00:00.000Z')
      bench.clock.ms += 3_600_000
      expect((await claim()).map(({ run }) => run.id)).toEqual([timer])
      // Known events from outside are known in the copy, too.
      const again = await copy.appendFromOutside(waiting, received('mail-1'))
      const events = await copy.listWorkflowEvents({ runId: waiting })
      expect(events.find(({ sequence }) => sequence === again.first)?.type).toBe('event.received')
      expect(events.filter(({ type }) => type === 'event.received')).toHaveLength(1)
      await copy.close()
    })
  })
}

async function read(store: IWorkflowStore): Promise<TransferRecord[]> {
  const records: TransferRecord[] = []
  for await (const record of store.exportRecords()) records.push(record)
  return records
}

async function* stream(records: readonly TransferRecord[], error?: Error): AsyncGenerator<TransferRecord> {
  yield* records
  if (error !== undefined) throw error
}

function digest(records: readonly TransferRecord[]) {
  const all = new Digest()
  for (const record of records) all.add(record)
  return all.summary()
}
