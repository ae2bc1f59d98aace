import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from '../conformance/Bench.ts'
import { DUE_OF_RANK, FIRST_DUE, NEXT_PLACE, NEXT_RANK } from './line.ts'
import { openSqliteStore } from './openSqliteStore.ts'
import { HELD, NTH_START, READY, RUNNING } from './queueReads.ts'

const MANY = 100_000

let folder = ''
let bench: Bench
let raw: DatabaseSync
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-line-'))
  const path = join(folder, 'line.db')
  bench = await Bench.open({ name: path, open: (options) => openSqliteStore({ ...options, path }) })
  raw = new DatabaseSync(path)
  await bench.startRun({ concurrency: { key: 'full', limit: 1 } })
  // What the store itself writes for runs that are started while their key is full.
  raw.exec(`insert into workflow_runs (id, project_id, workflow_id, workflow_name, task_input, created_at, last_sequence,
      concurrency_key, concurrency_limit, held_by, held_at)
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${MANY})
    select 'held-' || i, '${bench.projectId}', '${bench.workflowId}', 'build', '', '${bench.now}', 1,
      'full', 1, 'concurrency', '${bench.now}' from n`)
})
afterAll(async () => {
  raw.close()
  await bench.store.close()
  rmSync(folder, { recursive: true })
})

const QUERIES = {
  'the next rank': [NEXT_RANK, 'queue'],
  'due runs of a rank': [DUE_OF_RANK, 'queue'],
  'the next due time': [FIRST_DUE, 'queue'],
  'the next place': [NEXT_PLACE, 'queue'],
  'owners of a key': [RUNNING, 'concurrency_running'],
  'starts of a rate key': [NTH_START, 'rate_started'],
  'the line of a key': [READY.concurrency, 'concurrency_ready'],
  'the line of a rate key': [READY.quota, 'rate_ready'],
  'what a key holds back': [HELD.concurrency, 'concurrency_held'],
  'what a rate key holds back': [HELD.quota, 'rate_held'],
} as const

test.each(Object.entries(QUERIES))('[SQ13] %s is one search in an index, without sorting', (_what, query) => {
  const [sql, index] = query
  const plan = raw.prepare(`explain query plan ${sql}`).all() as { detail: string }[]
  const steps = plan.map(({ detail }) => detail).filter((detail) => detail.includes('workflow_runs'))
  expect(steps).toEqual([expect.stringMatching(new RegExp(`^SEARCH .* INDEX idx_workflow_runs_${index} `))])
  expect(plan.some(({ detail }) => detail.includes('TEMP B-TREE'))).toBe(false)
})

test('[SQ13] a claim beside a full key with many runs takes what may go and touches none of them', async () => {
  const free = await bench.store.createWorkflowRun(bench.newRun())
  const other = await bench.store.createWorkflowRun(bench.newRun({ concurrency: { key: 'other', limit: 1 } }))
  const late = await bench.store.createWorkflowRun(bench.newRun({ concurrency: { key: 'full', limit: 1 } }))
  const before = raw.prepare('pragma data_version').get()
  const claims = await bench.claim(10)
  expect(claims.map(({ run }) => run.id).toSorted()).toEqual([free.run.id, other.run.id].toSorted())
  expect(raw.prepare('pragma data_version').get()).not.toEqual(before)
  const written = raw.prepare('pragma data_version').get()
  expect(await bench.claim(10)).toEqual([])
  // Nothing was written to find nothing.
  expect(raw.prepare('pragma data_version').get()).toEqual(written)
  const held = raw.prepare("select count(*) as n from workflow_runs where held_by = 'concurrency'").get()
  expect(held).toEqual({ n: MANY + 1 })
  expect((await bench.store.getWorkflowRun(late.run.id)).waiting_for?.reason).toBe('concurrency')
})
