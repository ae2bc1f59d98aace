import { spawn } from 'node:child_process'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { administer, emptyDatabase, freshDatabase, urlOf } from '../../test/postgres/databases.ts'
import { refusal } from '../conformance/suite.ts'
import { POSTGRES } from '../migrations/dialect.ts'
import { MIGRATIONS } from '../migrations/index.ts'
import { SCHEMA_VERSION } from '../migrations/version.ts'
import { openStore } from '../openStore.ts'
import { schemaStatus } from '../schemaStatus.ts'
import { parseAddress } from './address.ts'
import { kyselyOn } from './database.ts'
import { openPostgresStore } from './openPostgresStore.ts'
import { checkServerVersion } from './prepareDatabase.ts'

/** Runs a module text in a process of its own, sources and all; answers what it printed. */
async function inProcess(text: string): Promise<string> {
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const chunk of child.stdout) printed += String(chunk)
  return printed.trim()
}

/** An address of the database with parts replaced. */
function address(database: string, change: (url: URL) => void): string {
  const url = new URL(urlOf(database))
  change(url)
  return url.href
}

describe('opening', () => {
  test('[PG1] a fresh database gets the schema, a second opening keeps it', async () => {
    const url = urlOf(await emptyDatabase())
    const first = await openStore(url)
    const project = await first.ensureProject({ name: 'p', path: '/p' })
    expect(first.description).toMatch(/^postgres:\/\/postgres@127\.0\.0\.1:\d+\/t_\w+\?schema=holdfast$/)
    await first.close()
    const second = await openStore(url.replace('postgres:', 'postgresql:'))
    expect(await second.listProjects()).toEqual([project])
    await second.close()
  })

  test('[PG1] twenty stores that open an empty database at once agree', async () => {
    const url = urlOf(await emptyDatabase())
    const stores = await Promise.all(
      Array.from({ length: 20 }, () => openPostgresStore({ url, maxConnections: 1 })),
    )
    const projects = await Promise.all(
      stores.map(async (store) => await store.ensureProject({ name: 'p', path: '/p' })),
    )
    expect(new Set(projects.map(({ id }) => id)).size).toBe(1)
    await Promise.all(stores.map((store) => store.close()))
  })

  test('[PG1] an older schema is brought up to date, or refused where that is asked for', async () => {
    const database = await emptyDatabase()
    expect(await schemaStatus(urlOf(database))).toMatchObject({ version: 0, newest: SCHEMA_VERSION })
    await migrateTo(database, 5)
    const status = await schemaStatus(urlOf(database))
    expect(status).toMatchObject({ version: 5, newest: SCHEMA_VERSION })
    expect(status.pending[0]).toEqual({ number: 6, name: 'queue' })
    expect(status.pending).toHaveLength(SCHEMA_VERSION - 5)
    expect(status.store).not.toContain('secret')
    const error = await refusal(openStore(urlOf(database), { migrate: 'check' }), 'STORE_OLDER')
    expect(error.message).toContain('holdfast migrate up')
    const store = await openPostgresStore({ url: urlOf(database) })
    expect(await store.listApprovals()).toEqual([])
    await store.close()
    await (await openPostgresStore({ url: urlOf(database), migrate: 'check' })).close()
    const [row] = await administer('select max(number) as newest from holdfast.schema_migrations', database)
    expect(row).toEqual({ newest: SCHEMA_VERSION })
  })

  test('[PG1] a newer schema is refused and left as it is', async () => {
    const database = await freshDatabase()
    const newer = SCHEMA_VERSION + 3
    await administer(
      `insert into holdfast.schema_migrations (number, name) values (${newer}, 'future')`,
      database,
    )
    const error = await refusal(openStore(urlOf(database)), 'STORE_NEWER')
    expect(error.details).toEqual({ version: newer, known: SCHEMA_VERSION })
    await refusal(schemaStatus(urlOf(database)), 'STORE_NEWER')
  })

  test('[PG2] an address of another form is refused, never with its password', async () => {
    const addresses = {
      'postgres://ada:secret@/db': 'is no address',
      'postgres://ada:secret@host': 'names no database',
      'postgres://ada:secret@host/': 'names no database',
      'postgres://ada:secret@host/db?schema=a-b': 'has the schema',
      'postgres://ada:secret@host/db?schema=': 'has the schema',
      'postgres://ada:secret@host/db?schema=pg_catalog': 'has the schema',
      'postgres://ada:secret@host/db?shema=x': 'has the parameter shema',
      'postgres://ada:secret@host:x/db': 'is no address',
      'postgres:db?password=secret': 'names no host',
    }
    for (const [url, why] of Object.entries(addresses)) {
      const error = await refusal(openStore(url), 'STORE_URL_INVALID')
      expect(error.message).toContain(why)
      expect(JSON.stringify([error.message, error.details])).not.toContain('secret')
    }
    const parsed = parseAddress('postgres://ada:s%3Fcret@host:1234/db?schema=Own_1&sslmode=require')
    expect(parsed).toMatchObject({
      schema: 'Own_1',
      description: 'postgres://ada@host:1234/db?sslmode=require&schema=Own_1',
    })
  })

  test('[PG2] what the server refuses has its reason, without the password', async () => {
    const database = await freshDatabase()
    await administer("create role guest login password 'guest-secret'", database)
    const guest = address(database, (url) => {
      url.username = 'guest'
      url.password = 'guest-secret'
    })
    const wrong: [string, string, string][] = [
      [address(database, (url) => (url.port = '1')), 'STORE_UNAVAILABLE', 'cannot be reached'],
      [address(database, (url) => (url.hostname = 'no.such.host.invalid')), 'STORE_UNAVAILABLE', 'cannot be'],
      [address(database, (url) => (url.password = 'wrong-secret')), 'STORE_ACCESS_DENIED', 'the password'],
      [address(database, (url) => (url.username = 'nobody')), 'STORE_ACCESS_DENIED', 'the password'],
      [address('no_such_database', () => undefined), 'STORE_UNAVAILABLE', 'does not exist'],
      [`${guest}?schema=fresh`, 'STORE_ACCESS_DENIED', 'rights'],
      [guest, 'STORE_ACCESS_DENIED', 'rights'],
    ]
    for (const [url, code, why] of wrong) {
      const error = await refusal(openStore(url), code as 'STORE_UNAVAILABLE')
      expect(error.message).toContain(why)
      expect(JSON.stringify([error.message, error.details])).not.toMatch(/secret/)
    }
    await administer(`reassign owned by guest to postgres; drop owned by guest; drop role guest`, database)
  })

  test('[PG2] a schema of another program is refused and left as it is', async () => {
    const database = await emptyDatabase()
    await administer('create schema songs; create table songs.titles (title text)', database)
    await administer('create schema rails; create table rails.schema_migrations (version text)', database)
    for (const schema of ['songs', 'rails']) {
      const error = await refusal(openStore(`${urlOf(database)}?schema=${schema}`), 'STORE_NOT_A_DATABASE')
      expect(error.message).toContain(schema)
    }
    const tables = await administer(
      "select count(*)::integer as n from information_schema.tables where table_schema in ('songs', 'rails')",
      database,
    )
    expect(tables).toEqual([{ n: 2 }])
  })

  test('[PG2] a server that is too old is refused', () => {
    expect(() => checkServerVersion(130_011, '13.11', 'The store')).toThrow('needs 14 or newer')
    expect(() => checkServerVersion(140_000, '14.0', 'The store')).not.toThrow()
  })

  test('[PG13] who opens another store does not load the driver', async () => {
    const text = `import { registerHooks } from 'node:module'
      const loaded = []
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
      const { openStore } = await import('${new URL('../index.ts', import.meta.url).href}')
      await (await openStore('sqlite::memory:')).close()
      const before = loaded.filter((url) => /node_modules.pg.|store.src.postgres/.test(url)).length
      await openStore('postgres://nobody@127.0.0.1:1/db').catch(() => undefined)
      console.log(before, loaded.some((url) => /node_modules.pg.lib/.test(url)))`
    expect(await inProcess(text)).toBe('0 true')
  })
})

/** Makes the schema as it was with so many migrations. */
async function migrateTo(database: string, count: number): Promise<void> {
  const pool = new pg.Pool({ connectionString: urlOf(database), options: '-c search_path=holdfast', max: 1 })
  pool.on('error', () => {})
  const client = await pool.connect()
  client.on('error', () => {})
  const db = kyselyOn<{ schema_migrations: { number: number; name: string } }>(client)
  await client.query(`create schema holdfast; create table schema_migrations
    (number integer primary key, name text not null, applied_at timestamptz(3) not null default now())`)
  for (const { number, name, up } of MIGRATIONS.slice(0, count)) {
    await up(db, POSTGRES)
    await db.insertInto('schema_migrations').values({ number, name }).execute()
  }
  client.release()
  await pool.end()
}
