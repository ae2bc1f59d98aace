import { describe, expect, test } from 'vitest'
import { administer, connected, freshDatabase, urlOf } from '../../test/postgres/databases.ts'
import { Bench } from '../conformance/Bench.ts'
import { completed, received, requested, runCompleted, started, usage } from '../conformance/events.ts'
import { refusal } from '../conformance/suite.ts'
import type { IWorkflowStore, StoreChange } from '../contract/index.ts'
import { fromJsonb, toJsonb } from './jsonb.ts'
import { openPostgresStore } from './openPostgresStore.ts'

const AWKWARD = 'nul \0, lone \ud800 and \udc00, pair \u{1f600}, private \ue000 \ue0000000, "\\ \\u0000'

async function benchAt(url: string, more: object = {}): Promise<Bench> {
  return await Bench.open({
    name: 'PostgreSQL',
    open: (options) => openPostgresStore({ ...options, url, ...more }),
  })
}

describe('JSON', () => {
  test('[PG5] text that jsonb refuses goes in and comes out again', () => {
    for (const value of [AWKWARD, { [AWKWARD]: [AWKWARD, '\\ud800', '\ue000'] }, '\\', 1, null]) {
      const text = JSON.stringify(value)
      expect(toJsonb(text)).not.toMatch(/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/)
      expect(fromJsonb(toJsonb(text))).toBe(text)
    }
  })

  test('[PG5] values keep the order of their keys, and every JSON column keeps awkward text', async () => {
    const bench = await benchAt(urlOf(await freshDatabase()))
    const value = { zebra: 1, a: { longer: 1, b: 2 }, m: [{ y: 1, x: 1 }] }
    const run = await bench.startRun({ input: { json: value }, state: { [AWKWARD]: AWKWARD } })
    await bench.append(
      run,
      started('a', 1, { input: value }),
      { type: 'comment.added', payload: { key: 'c', stepKey: 'a', message: AWKWARD, metadata: { AWKWARD } } },
      completed('a', { json: value }),
      requested('q'),
      runCompleted({ json: value }),
    )
    await bench.store.appendWorkflowLog([
      { run_id: run.id, step_id: null, level: 'info', message: AWKWARD, data: { AWKWARD } },
    ])
    const text = JSON.stringify(value)
    const row = await bench.store.getWorkflowRun(run.id)
    expect([row.input, row.output].map((one) => JSON.stringify(one))).toEqual([text, text])
    const events = await bench.store.listWorkflowEvents({ runId: run.id })
    expect(JSON.stringify(events.find(({ type }) => type === 'step.completed')?.payload)).toContain(text)
    expect(row.state).toEqual({ [AWKWARD]: AWKWARD })
    expect((await bench.store.listComments(run.id))[0]?.metadata).toEqual({ AWKWARD })
    expect((await bench.store.listWorkflowLogs({ runId: run.id }))[0]?.data).toEqual({ AWKWARD })
    await bench.store.close()
  })

  test('[PG5] a payload near the limit, and very many of them at once, go in', async () => {
    const bench = await benchAt(urlOf(await freshDatabase()))
    const run = await bench.startRun()
    const huge = 'é"\\'.repeat(600_000)
    await bench.append(run, started('a', 1), completed('a', { json: huge }))
    const runs = await Promise.all(Array.from({ length: 20 }, () => bench.startRun()))
    const large = 'x'.repeat(1_000_000)
    await Promise.all(runs.map((one) => bench.append(one, started('a', 1), completed('a', { json: large }))))
    expect((await bench.store.listWorkflowSteps(run.id))[0]?.output).toBe(huge)
    expect((await bench.store.listWorkflowSteps(runs[19]?.id ?? ''))[0]?.output).toBe(large)
    await bench.store.close()
  })
})

describe('group commit', () => {
  test('[PG10] a write that breaks the batch is found and fails alone', async () => {
    const bench = await benchAt(urlOf(await freshDatabase()))
    const run = await bench.startRun()
    const deep = JSON.parse('['.repeat(7000) + ']'.repeat(7000)) as never
    const settled = await Promise.allSettled([
      bench.append(run, started('a', 1), completed('a')),
      bench.store.createWorkflowRun(bench.newRun({ projectId: 'no such project' })),
      bench.store.createWorkflowRun(bench.newRun({ state: { deep } })),
      bench.append(run, started('b', 2)),
    ])
    expect(
      settled.map((one) => (one.status === 'fulfilled' ? 'in' : (one.reason as { code: string }).code)),
    ).toEqual(['in', 'RECORD_CONFLICT', 'PAYLOAD_INVALID', 'in'])
    expect(await bench.append(run, completed('b'))).toMatchObject({ first: 6 })
    expect(await bench.store.listWorkflowSteps(run.id)).toHaveLength(2)
    await bench.store.close()
  })

  test('[ST30] writes of one batch see what the ones before did, also when those were written in between', async () => {
    const bench = await benchAt(urlOf(await freshDatabase()))
    const run = await bench.startRun()
    const { run: queued } = await bench.store.createWorkflowRun(bench.newRun())
    const [, , , claims, twin] = await Promise.all([
      bench.append(run, started('a', 1), completed('a', { json: 1 }), requested('q')),
      bench.append(run, { type: 'usage.recorded', payload: usage({ callId: 'c1' }) }),
      bench.store.appendFromOutside(run.id, received('e')),
      // A claim asks the database, so everything before it is written first.
      bench.claim(),
      bench.store.appendFromOutside(run.id, received('e')),
      bench.append(run, completed('a', { json: 'late' }), {
        type: 'usage.recorded',
        payload: usage({ callId: 'c1' }),
      }),
      bench.store.appendWorkflowLog([
        { run_id: run.id, step_id: `${run.id}.3.0`, level: 'info', message: 'm', data: null },
      ]),
    ])
    expect(claims.map((claim) => claim.run.id)).toEqual([queued.id])
    expect(twin.first).toBe(7)
    expect((await bench.store.listWorkflowSteps(run.id))[0]?.output).toBe(1)
    expect(await bench.store.listLlmUsage({ runId: run.id })).toHaveLength(1)
    expect((await bench.store.listWorkflowLogs({ runId: run.id }))[0]?.step_id).toBe(`${run.id}.3.0`)
    await bench.store.close()
  })

  test('[ST18] beyond the bound writes wait in order and none is lost', async () => {
    const bench = await benchAt(urlOf(await freshDatabase()), { maxBatch: 3, maxWaiting: 5 })
    const run = await bench.startRun()
    const receipts = await Promise.all(
      Array.from({ length: 40 }, (_, i) => bench.append(run, started(`s${i}`, i + 1))),
    )
    expect(receipts.map(({ first }) => first)).toEqual(Array.from({ length: 40 }, (_, i) => i + 3))
    await bench.store.close()
  })

  test('[PG14] large writes that wait together are committed in several transactions, in order', async () => {
    const database = await freshDatabase()
    const bench = await benchAt(urlOf(database))
    const run = await bench.startRun()
    const comment = (i: number, length: number) =>
      bench.append(run, {
        type: 'comment.added',
        payload: { key: `c${i}`, stepKey: null, message: 'x'.repeat(length), metadata: {} },
      })
    const MEBI = 1024 * 1024
    // 100 of 50 KB are more than one transaction takes, and so is the last one alone.
    const receipts = await Promise.all(
      Array.from({ length: 101 }, (_, i) => comment(i, i === 100 ? 5 * MEBI : 51_200)),
    )
    expect(receipts.map(({ first }) => first)).toEqual(Array.from({ length: 101 }, (_, i) => i + 3))
    const written = (
      await administer(
        `select sum(length(message))::int as length from holdfast.workflow_comments
          group by xmin::text order by xmin::text::bigint`,
        database,
      )
    ).map(({ length }) => length as number)
    expect(written.at(-1)).toBe(5 * MEBI)
    expect(written.reduce((sum, length) => sum + length, 0)).toBe(100 * 51_200 + 5 * MEBI)
    for (const length of written.slice(0, -1)) expect(length).toBeLessThanOrEqual(4 * MEBI)
    await bench.store.close()
  })

  test('[ST2] a run that another process fenced is lost, though this one has it in memory', async () => {
    const url = urlOf(await freshDatabase())
    const bench = await benchAt(url)
    const other = await openPostgresStore({ url })
    const run = await bench.startRun()
    await bench.append(run, started('a', 1))
    await other.appendFromOutside(run.id, received('e'))
    await bench.append(run, completed('a'))
    const token = await other.fenceRun(run.id, run.token)
    await refusal(bench.append(run, started('b', 2)), 'OWNERSHIP_LOST')
    await bench.append({ id: run.id, token: token ?? '' }, started('b', 2))
    expect(await bench.store.lastSequence(run.id)).toBe(6)
    await Promise.all([other.close(), bench.store.close()])
  })
})

/** A transaction of another process that takes a run away, and commits once somebody waits for it. */
async function fenceSlowly(
  database: string,
  runId: string,
  meanwhile: () => Promise<unknown>,
): Promise<void> {
  const client = await connected(database)
  await client.query('begin')
  await client.query("update holdfast.workflow_runs set owner_token = 'other' where id = $1", [runId])
  const write = meanwhile()
  const waiting = async () =>
    await administer(
      `select 1 from pg_stat_activity where datname = '${database}' and wait_event_type = 'Lock'`,
    )
  await expect.poll(waiting, { timeout: 20_000 }).toHaveLength(1)
  await client.query('commit')
  await client.end()
  await write
}

/** Waits until a store listens for what other processes write to the database. */
async function listening(database: string): Promise<void> {
  const ready = async () =>
    await administer(
      `select 1 from pg_stat_activity where datname = '${database}' and state = 'idle' and query like '%n_tup_ins%'`,
    )
  await expect.poll(ready, { timeout: 20_000 }).toHaveLength(1)
}

describe('several stores', () => {
  test('[ST2] a run that is being fenced at this moment is waited for, and lost', async () => {
    const database = await freshDatabase()
    const bench = await benchAt(urlOf(database))
    const run = await bench.startRun()
    await fenceSlowly(database, run.id, async () => {
      await refusal(bench.append(run, started('a', 1)), 'OWNERSHIP_LOST')
    })
    expect(await bench.store.lastSequence(run.id)).toBe(2)
    await bench.store.close()
  })

  test('[PG3] schemas of one database do not meet', async () => {
    const database = await freshDatabase()
    const [one, two] = await Promise.all([
      benchAt(urlOf(database)),
      benchAt(`${urlOf(database)}?schema=Other`),
    ])
    const heard: StoreChange[] = []
    const unwatch = two.store.watch((change) => heard.push(change))
    await listening(database)
    heard.length = 0
    const run = await one.startRun()
    const twin = await two.startRun({ id: run.id })
    expect(twin.token).not.toBe(run.token)
    await one.append(run, started('a', 1))
    await refusal(two.append({ ...run }, started('a', 1)), 'OWNERSHIP_LOST')
    expect(await two.store.lastSequence(run.id)).toBe(2)
    await one.store.deleteProject(one.projectId)
    expect(await two.store.findWorkflowRun(run.id)).not.toBeNull()
    expect(heard.filter(({ runId }) => runId !== null)).toEqual([{ runId: run.id, sequence: 2 }])
    unwatch()
    await Promise.all([one.store.close(), two.store.close()])
  })

  test('[PG9] stores that claim at the same moment get different runs', async () => {
    const url = urlOf(await freshDatabase())
    const bench = await benchAt(url)
    const others = await Promise.all(
      [1, 2, 3].map(() => openPostgresStore({ url, now: () => bench.clock.ms })),
    )
    const ids = new Set<string>()
    for (let i = 0; i < 30; i++) ids.add((await bench.store.createWorkflowRun(bench.newRun())).run.id)
    const claim = async (store: IWorkflowStore) =>
      await store.claimDueRuns({ workerId: bench.workerId, limit: 7, now: bench.now })
    const claimed: string[] = []
    for (let round = 0; round < 8 && claimed.length < ids.size; round++) {
      const claims = await Promise.all([bench.store, ...others].map(claim))
      claimed.push(...claims.flat().map(({ run }) => run.id))
    }
    expect(claimed).toHaveLength(ids.size)
    expect(new Set(claimed)).toEqual(ids)
    await Promise.all([...others, bench.store].map((store) => store.close()))
  })

  test('[PG9] of two processes that create a run with one id one makes it, and a key has one run', async () => {
    const url = urlOf(await freshDatabase())
    const bench = await benchAt(url)
    const other = await openPostgresStore({ url, now: () => bench.clock.ms })
    for (let i = 0; i < 10; i++) {
      const same = bench.newRun({ idempotency: { key: `k${i}`, inputHash: 'h' } } as object)
      const [a, b, c] = await Promise.all([
        bench.store.createWorkflowRun(same),
        other.createWorkflowRun(same),
        other.createWorkflowRun(bench.newRun({ idempotency: { key: `k${i}`, inputHash: 'h' } } as object)),
      ])
      expect([a, b, c].filter(({ created }) => created)).toHaveLength(1)
      expect(new Set([a, b, c].map(({ run }) => run.id)).size).toBe(1)
    }
    await Promise.all([other.close(), bench.store.close()])
  })

  test('[PG11] a watcher hears which runs another process changed', async () => {
    const database = await freshDatabase()
    const url = urlOf(database)
    const bench = await benchAt(url)
    const other = await openPostgresStore({ url })
    const run = await bench.startRun()
    const heard: StoreChange[] = []
    const unwatch = bench.store.watch((change) => heard.push(change))
    await listening(database)
    await other.appendFromOutside(run.id, received('e'))
    await expect.poll(() => heard).toContainEqual({ runId: run.id, sequence: 3 })
    unwatch()
    await Promise.all([other.close(), bench.store.close()])
  })

  test('[PG11] a connection that listens and is lost is made anew, and a change is told', async () => {
    const database = await freshDatabase()
    const bench = await benchAt(urlOf(database), { pollIntervalMs: 50 })
    const run = await bench.startRun()
    const heard: StoreChange[] = []
    const unwatch = bench.store.watch((change) => heard.push(change))
    await listening(database)
    heard.length = 0
    const ended = await administer(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}' and pid <> pg_backend_pid()`,
    )
    expect(ended.length).toBeGreaterThan(0)
    await expect.poll(() => heard).toContainEqual({ runId: null, sequence: 0 })
    const other = await openPostgresStore({ url: urlOf(database) })
    await other.appendFromOutside(run.id, received('e'))
    await expect.poll(() => heard).toContainEqual({ runId: run.id, sequence: 3 })
    unwatch()
    await Promise.all([other.close(), bench.store.close()])
  })

  test('[PG11] a write of which no notice tells is found by looking', async () => {
    const database = await freshDatabase()
    const bench = await benchAt(urlOf(database), { pollIntervalMs: 20 })
    await bench.startRun()
    const heard: StoreChange[] = []
    const unwatch = bench.store.watch((change) => heard.push(change))
    await listening(database)
    heard.length = 0
    await administer("update holdfast.workflow_runs set result = 'by hand'", database)
    await expect.poll(() => heard).toContainEqual({ runId: null, sequence: 0 })
    unwatch()
    await bench.store.close()
  })
})
