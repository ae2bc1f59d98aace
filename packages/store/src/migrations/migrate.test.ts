import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answered, completed, runCompleted } from '../conformance/events.ts'
import { registerWorker } from '../conformance/Bench.ts'
import { openSqliteStore } from '../sqlite/openSqliteStore.ts'
import { SCHEMA_VERSION } from './version.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-migrate-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const FIRST = readFileSync(new URL('./fixtures/first-version.sql', import.meta.url), 'utf8')
const FINISHED = '01900000-0000-7000-8000-000000000001'
const WAITING = '01900000-0000-7000-8000-000000000002'
const OWNED = '01900000-0000-7000-8000-000000000003'

/** A database as the first version left it: a finished, a waiting and an owned run. */
function firstVersion(name: string): string {
  const path = join(folder, name)
  const db = new DatabaseSync(path)
  db.exec('pragma journal_mode = wal; pragma foreign_keys = off')
  db.exec(`begin; ${FIRST} commit`)
  db.close()
  return path
}

describe('a database of the first version', () => {
  test('[SQ14] keeps its rows', async () => {
    const path = firstVersion('rows.db')
    const raw = new DatabaseSync(path)
    const before = rowsOf(raw)
    raw.close()
    const store = await openSqliteStore({ path })
    await store.close()
    const again = new DatabaseSync(path)
    const after = rowsOf(again)
    for (const [table, rows] of Object.entries(before)) {
      if (table === 'schema_migrations') continue
      // Later migrations may have added columns.
      const columns = Object.keys(rows[0] ?? {})
      const same = (after[table] ?? []).map((row) => Object.fromEntries(columns.map((c) => [c, row[c]])))
      expect({ [table]: same }).toEqual({ [table]: rows })
    }
    expect(after.schema_migrations).toHaveLength(SCHEMA_VERSION)
    expect(again.prepare('pragma foreign_key_check').all()).toEqual([])
    expect(again.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
    again.close()
  })

  test('[SQ14] has the schema of a fresh one afterwards', async () => {
    const path = firstVersion('schema.db')
    await (await openSqliteStore({ path })).close()
    const fresh = join(folder, 'fresh.db')
    await (await openSqliteStore({ path: fresh })).close()
    expect(schemaOf(path)).toEqual(schemaOf(fresh))
  })

  test('[SQ14] its runs are read and go on', async () => {
    const store = await openSqliteStore({ path: firstVersion('runs.db') })
    const events = await store.listWorkflowEvents({ runId: FINISHED })
    expect(events.find(({ type }) => type === 'step.completed')?.payload).toMatchObject({ rawOutput: 'raw' })
    expect(await store.getWorkflowRun(FINISHED)).toMatchObject({
      status: 'completed',
      output: { b: 1, a: 2 },
    })
    expect(await store.listExecutionLogs({ triggeringObjectId: 'lead-1' })).toMatchObject({ total: 2 })
    await registerWorker(store, 'worker-2')
    const now = '2026-01-02T00:00:00.000Z'
    expect(await store.releaseRunsOfWorker('worker-1')).toEqual([OWNED])
    await store.appendFromOutside(WAITING, answered('ship'))
    const claims = await store.claimDueRuns({
      workerId: 'worker-2',
      limit: 5,
      now: '2099-01-01T00:00:00.000Z',
    })
    expect(claims.map(({ run, cause }) => [run.id, cause]).toSorted()).toEqual([
      [WAITING, 'wake'],
      [OWNED, 'takeover'],
    ])
    for (const { run, ownerToken } of claims) {
      const open = run.id === OWNED ? [completed('open')] : []
      const append = { runId: run.id, ownerToken, appendId: now, events: [...open, runCompleted()] }
      await store.appendAsOwner(append)
      expect((await store.getWorkflowRun(run.id)).status).toBe('completed')
    }
    await store.close()
  })

  test('[SQ14] twenty processes at once bring it up to date once', async () => {
    const path = firstVersion('race.db')
    const answers = await Promise.all(Array.from({ length: 20 }, () => openInProcess(path)))
    expect(answers).toEqual(Array.from({ length: 20 }, () => '3'))
    const raw = new DatabaseSync(path)
    expect(raw.prepare('select count(*) as n from schema_migrations').get()).toEqual({ n: SCHEMA_VERSION })
    raw.close()
    // Twenty processes need their time where others work, too.
  }, 300_000)
})

function rowsOf(db: DatabaseSync): Record<string, Record<string, unknown>[]> {
  const tables = db
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
    .all() as { name: string }[]
  return Object.fromEntries(
    tables.map(({ name }) => [
      name,
      db
        .prepare(`select * from ${name}`)
        .all()
        .map((row) => ({ ...row })),
    ]),
  )
}

/** Every statement of the schema, by name: a rebuilt table is quoted and ordered as a fresh one. */
function schemaOf(path: string): unknown[] {
  const db = new DatabaseSync(path)
  const rows = db
    .prepare("select type, name, sql from sqlite_schema where name not like 'sqlite_%' order by name")
    .all()
  db.close()
  return rows.map((row) => ({ ...row }))
}

/** Opens the file in a process of its own; answers how many runs it found, or the code of the error. */
async function openInProcess(path: string): Promise<string> {
  const module = new URL('../sqlite/openSqliteStore.ts', import.meta.url).href
  const text = `const { openSqliteStore } = await import('${module}')
    const store = await openSqliteStore({ path: ${JSON.stringify(path)}, busyTimeoutMs: 30000 })
    console.log((await store.listWorkflowRuns()).total)
    await store.close()`
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const chunk of child.stdout) printed += String(chunk)
  return printed.trim()
}
