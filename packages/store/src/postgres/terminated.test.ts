import { expect, test } from 'vitest'
import { administer, connected, freshDatabase, urlOf } from '../../test/postgres/databases.ts'
import { Bench } from '../conformance/Bench.ts'
import { completed, started } from '../conformance/events.ts'
import type { StoreChange } from '../contract/index.ts'
import { openPostgresStore } from './openPostgresStore.ts'

/** Ends every connection to a database but the one that asks; answers how many there were. */
async function endAll(database: string, where = 'true'): Promise<number> {
  const ended = await administer(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = '${database}' and pid <> pg_backend_pid() and application_name = 'holdfast' and ${where}`)
  return ended.length
}

test('[PG15] connections that the server ends while they rest, listen, renew or write are replaced', async () => {
  const database = await freshDatabase()
  const bench = await Bench.open({
    name: 'PostgreSQL',
    open: (options) => openPostgresStore({ ...options, url: urlOf(database), pollIntervalMs: 100 }),
  })
  const run = await bench.startRun()
  const heard: StoreChange[] = []
  bench.store.watch((change) => heard.push(change))
  const heartbeat = await bench.store.startHeartbeat(bench.workerId, { intervalMs: 20 })
  const connections = async (where: string) =>
    (
      await administer(
        `select pid from pg_stat_activity where datname = '${database}' and application_name = 'holdfast' and ${where}`,
      )
    ).map(({ pid }) => pid as number)
  const LISTENS = "query like '%n_tup_ins%'"
  const RENEWS = "query like '%update workers%' or query = 'commit'"
  await expect.poll(() => connections(LISTENS), { timeout: 20_000 }).not.toEqual([])
  await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 20_000 }).toBeLessThan(200)
  await expect.poll(() => connections(RENEWS), { timeout: 20_000 }).not.toEqual([])

  // Listening took the connection that had rested: this one rests from now on.
  await bench.append(run, started('a', 1))

  // At rest and listening: what broke is made anew, and told as a change of which nobody knows what it was.
  heard.length = 0
  const before = await connections('true')
  expect(before.length).toBeGreaterThan(2)
  expect(await endAll(database)).toBeGreaterThan(2)
  await expect.poll(() => heard, { timeout: 20_000 }).toContainEqual({ runId: null, sequence: 0 })
  await expect.poll(() => connections('true'), { timeout: 20_000 }).not.toContain(before[0])
  await expect.poll(() => heartbeat.sinceRenewedMs(), { timeout: 20_000 }).toBeLessThan(200)
  await bench.append(run, started('b', 2))

  // Inside a transaction, which waits for a row that another one holds.
  const other = await connected(database)
  await other.query('begin')
  await other.query('select 1 from holdfast.workflow_runs where id = $1 for update', [run.id])
  const write = bench.append(run, completed('a'))
  const WAITS = "wait_event_type = 'Lock'"
  await expect.poll(() => connections(WAITS), { timeout: 20_000 }).toHaveLength(1)
  expect(await endAll(database, WAITS)).toBe(1)
  await other.query('commit')
  expect(await write).toMatchObject({ first: 5, last: 5 })
  expect((await bench.store.listWorkflowSteps(run.id))[0]).toMatchObject({ status: 'completed' })

  // A connection of the tests themselves, ended while nothing of it is under way.
  await administer(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}' and application_name <> 'holdfast' and pid <> pg_backend_pid()`,
  )
  await expect(other.query('select 1')).rejects.toThrow()
  await heartbeat.stop()
  await bench.store.close()
})
