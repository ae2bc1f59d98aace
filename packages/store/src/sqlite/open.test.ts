import { spawn } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerWorker } from '../conformance/Bench.ts'
import { refusal } from '../conformance/suite.ts'
import { SQLITE } from '../migrations/dialect.ts'
import { MIGRATIONS } from '../migrations/index.ts'
import { SCHEMA_VERSION } from '../migrations/version.ts'
import { openStore } from '../openStore.ts'
import { Connection } from './Connection.ts'
import { kyselyOver } from './kysely.ts'
import { openSqliteStore } from './openSqliteStore.ts'
import { networkFileSystem } from '../networkFs.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-open-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string): string => join(folder, name)
const url = (module: string): string => new URL(module, import.meta.url).href

/** Runs a module text in a process of its own, sources and all; answers what it printed. */
async function inProcess(text: string): Promise<string> {
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const chunk of child.stdout) printed += String(chunk)
  return printed.trim()
}

const OPEN = `const { openSqliteStore } = await import('${url('./openSqliteStore.ts')}')
const open = (path) => openSqliteStore({ path }).then(async (store) => {
  const project = await store.ensureProject({ name: 'p', path: '/p' })
  await store.close()
  return project.id
}, (error) => error.code)`

describe('opening', () => {
  test('[SQ1] a fresh file gets the schema, a second opening keeps it', async () => {
    const first = await openStore(`sqlite:${file('fresh.db')}`)
    const project = await first.ensureProject({ name: 'p', path: '/p' })
    await first.close()
    const second = await openStore(`sqlite:${file('fresh.db')}`)
    expect(await second.listProjects()).toEqual([project])
    expect(second.description).toBe(`sqlite:${file('fresh.db')}`)
    await second.close()
    const raw = new DatabaseSync(file('fresh.db'))
    expect(raw.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
    expect(raw.prepare('select count(*) as n from schema_migrations').get()).toEqual({ n: SCHEMA_VERSION })
    raw.close()
  })

  test('[SQ1] several processes may open a fresh file at once', async () => {
    const path = JSON.stringify(file('race.db'))
    const printed = await Promise.all(
      Array.from({ length: 4 }, () => inProcess(`${OPEN}\nconsole.log(await open(${path}))`)),
    )
    expect(printed[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(new Set(printed).size).toBe(1)
  })

  test('[SQ1] an older schema is brought up to date and keeps its rows', async () => {
    const path = file('older.db')
    await databaseOf(path, 5)
    const raw = new DatabaseSync(path)
    raw.exec(`insert into projects (id, name, path) values ('p', 'p', '/p');
      insert into workflow_definitions (id, project_id, name, content_hash) values ('w', 'p', 'w', 'h');
      insert into workspaces (id, project_id, host_id, kind, path) values ('ws', 'p', 'here', 'project', '.');
      insert into workflow_runs (id, project_id, workflow_id, workflow_name, task_input, status, due_at) values
        ('new', 'p', 'w', 'w', 'do it', 'pending', '2026-01-01T00:00:00.000Z');
      insert into workflow_runs (id, project_id, workflow_id, workflow_name, task_input, status, due_at, started_at, workspace_id)
        values ('begun', 'p', 'w', 'w', 'do it', 'waiting', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', 'ws')`)
    raw.close()
    const store = await openSqliteStore({ path })
    await registerWorker(store, 'far', { host_id: 'far' })
    await registerWorker(store, 'near', { host_id: 'here' })
    const claim = { limit: 5, now: new Date().toISOString() }
    // What lies on a host is claimed there only, and what has begun goes first.
    expect(await store.claimDueRuns({ ...claim, limit: 1, workerId: 'near' })).toMatchObject([
      { run: { id: 'begun', host_id: 'here', priority: 0 } },
    ])
    expect(await store.claimDueRuns({ ...claim, workerId: 'far' })).toMatchObject([{ run: { id: 'new' } }])
    await store.close()
  })

  test('[SQ12] what a worker needs until its first claim loads no query builder, a list of records does', async () => {
    const path = JSON.stringify(file('lean.db'))
    await inProcess(`${OPEN}\nawait open(${path})`)
    const printed = await inProcess(`
      const loaded = []
      const load = (url, context, next) => (loaded.push(url), next(url, context))
      ;(await import('node:module')).registerHooks({ load })
      ${OPEN}
      await open(${path})
      // What a worker asks before and for its first claim.
      const worker = await openSqliteStore({ path: ${path} })
      await worker.listWorkers()
      await worker.listApprovals({ status: 'open', kind: 'workspace-lost' })
      await worker.claimDueRuns({ workerId: 'w', limit: 1, now: new Date().toISOString() })
      await worker.nextDueAt('w')
      await worker.close()
      const kysely = loaded.filter((url) => url.includes('/kysely/'))
      console.log(loaded.length > 20, kysely.length)
      const store = await openSqliteStore({ path: ${path} })
      await store.listComments('none')
      await store.close()
      console.log(loaded.filter((url) => url.includes('/kysely/')).length > 0)`)
    expect(printed.split('\n')).toEqual(['true 0', 'true'])
  })

  test('[SQ2] a newer schema is refused and left as it is', async () => {
    const path = file('newer.db')
    await (await openSqliteStore({ path })).close()
    const raw = new DatabaseSync(path)
    raw.exec(`insert into schema_migrations (number, name) values (${SCHEMA_VERSION + 3}, 'future')`)
    const error = await refusal(openSqliteStore({ path }), 'STORE_NEWER')
    expect(error.details).toEqual({ version: SCHEMA_VERSION + 3, known: SCHEMA_VERSION })
    expect(raw.prepare('select count(*) as n from schema_migrations').get()).toEqual({
      n: SCHEMA_VERSION + 1,
    })
    raw.close()
  })

  test('[SQ3] what is no database of Holdfast is refused and left as it is', async () => {
    const text = 'this is a letter, not a database. '.repeat(200)
    writeFileSync(file('letter.db'), text)
    await refusal(openSqliteStore({ path: file('letter.db') }), 'STORE_NOT_A_DATABASE')
    expect(readFileSync(file('letter.db'), 'utf8')).toBe(text)
    const other = new DatabaseSync(file('other.db'))
    other.exec('create table songs (title text)')
    const before = readFileSync(file('other.db'))
    await refusal(openSqliteStore({ path: file('other.db') }), 'STORE_NOT_A_DATABASE')
    expect(readFileSync(file('other.db')).equals(before)).toBe(true)
    const names = other.prepare("select name from sqlite_schema where type = 'table'").all()
    expect(names).toEqual([{ name: 'songs' }])
    other.close()
    await refusal(openSqliteStore({ path: folder }), 'STORE_NOT_A_DATABASE')
  })

  test('[SQ3] a folder that does not exist is named', async () => {
    const error = await refusal(openSqliteStore({ path: join(folder, 'none', 's.db') }), 'STORE_UNAVAILABLE')
    expect(error.message).toContain(join(folder, 'none'))
  })

  test('[SQ4] a file or folder that cannot be written is refused', async () => {
    const path = file('locked.db')
    await (await openSqliteStore({ path })).close()
    chmodSync(folder, 0o755)
    chmodSync(path, 0o444)
    const readOnly = mkdtempSync(join(folder, 'read-only-'))
    chmodSync(readOnly, 0o555)
    // Root may write everything: there the process becomes somebody else before it opens the file.
    const text = `${OPEN}
      if (process.getuid() === 0) process.setuid(65534)
      console.log(await open(${JSON.stringify(path)}), await open(${JSON.stringify(join(readOnly, 'fresh.db'))}))`
    expect(await inProcess(text)).toBe('STORE_READ_ONLY STORE_READ_ONLY')
  })

  test('[SQ6] a network file system is refused', async () => {
    const path = file('remote.db')
    const error = await refusal(
      openSqliteStore({ path, fileSystemType: () => 0x6969 }),
      'STORE_ON_NETWORK_FS',
    )
    expect(error.message).toContain('NFS')
    expect(['NFS', 'CIFS', 'SMB2', null, null]).toEqual(
      // NFS, CIFS (as a negative 32-bit number), SMB2, ext4, tmpfs
      [0x6969, 0xff534d42 | 0, 0xfe534d42, 0xef53, 0x01021994].map(networkFileSystem),
    )
    await (await openSqliteStore({ path, fileSystemType: () => 0xef53 })).close()
    // What counts is where the file lies, not the link to it.
    const linked = join(mkdtempSync(join(folder, 'link-')), 'store.db')
    symlinkSync(path, linked)
    const looked: string[] = []
    const typeOf = (place: string): number => looked.push(place) && 0x6969
    await refusal(openSqliteStore({ path: linked, fileSystemType: typeOf }), 'STORE_ON_NETWORK_FS')
    expect(looked).toEqual([realpathSync(folder)])
  })

  test('[SQ7] an address of another kind is refused without its password', async () => {
    for (const address of [
      'mysql://ada:secret@host/db',
      'file:///x',
      '/just/a/path',
      'sqlite:',
      'file:',
      '',
    ]) {
      const error = await refusal(openStore(address), 'STORE_URL_INVALID')
      expect(error.message).toContain('supports sqlite:PATH, file:DIR')
      expect(JSON.stringify([error.message, error.details])).not.toContain('secret')
    }
  })

  test('[SQ8] what was answered is there after kill -9', async () => {
    const path = file('killed.db')
    const text = `import { Bench } from '${url('../conformance/Bench.ts')}'
      import { started, completed } from '${url('../conformance/events.ts')}'
      import { openSqliteStore } from '${url('./openSqliteStore.ts')}'
      const bench = await Bench.open({ name: '', open: (options) => openSqliteStore({ ...options, path: ${JSON.stringify(path)} }) })
      const run = await bench.startRun({ id: 'run' })
      for (let i = 1; ; i++) {
        const { last } = await bench.append(run, started('s' + i, i), completed('s' + i))
        console.log(last)
      }`
    const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', text])
    let answered = 0
    for await (const chunk of child.stdout) {
      answered = Math.max(
        answered,
        ...String(chunk)
          .trim()
          .split('\n')
          .map(Number)
          .filter((n) => n > 0),
      )
      if (answered > 100) child.kill('SIGKILL')
    }
    const store = await openSqliteStore({ path })
    const events = await store.listWorkflowEvents({ runId: 'run' })
    expect(events.length).toBeGreaterThanOrEqual(answered)
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1))
    expect(await store.listWorkflowSteps('run')).toHaveLength((events.length - 2) / 2)
    await store.close()
  })
})

describe('the file', () => {
  test('[SQ1] carries the mark of Holdfast', async () => {
    await (await openSqliteStore({ path: file('mark.db') })).close()
    expect(readFileSync(file('mark.db')).subarray(68, 72).toString()).toBe('Hold')
  })
})

/** Makes a database as the version with so many migrations left it. */
async function databaseOf(path: string, migrations: number): Promise<void> {
  const connection = new Connection(path, { busyTimeoutMs: 100 })
  const db = kyselyOver<never>(connection)
  connection.exec('pragma application_id = 0x486f6c64')
  connection.exec(
    'create table schema_migrations (number integer primary key not null, name text, applied_at text)',
  )
  for (const { number, name, up } of MIGRATIONS.slice(0, migrations)) {
    await up(db, SQLITE)
    connection.run('insert into schema_migrations (number, name) values (?, ?)', number, name)
  }
  connection.close()
}
