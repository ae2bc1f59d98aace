import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusal } from './conformance/suite.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { openStore } from './openStore.ts'
import { schemaStatus } from './schemaStatus.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-status-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const newest = MIGRATIONS.length

describe('the status of a schema', () => {
  test('[SQ15] a store that is not there is not made', async () => {
    const path = join(folder, 'none.db')
    expect(await schemaStatus(`sqlite:${path}`)).toMatchObject({ version: 0, newest })
    expect(existsSync(path)).toBe(false)
    expect(await schemaStatus(`file:${path}`)).toMatchObject({ version: 0, pending: [] })
    expect(existsSync(path)).toBe(false)
  })

  test('[SQ15] an older one stays as it is, and what is pending is named', async () => {
    const path = join(folder, 'older.db')
    const db = new DatabaseSync(path)
    db.exec('pragma foreign_keys = off')
    db.exec(readFileSync(new URL('./migrations/fixtures/first-version.sql', import.meta.url), 'utf8'))
    db.close()
    const before = readFileSync(path)
    const status = await schemaStatus(`sqlite:${path}`)
    expect(status).toMatchObject({ store: `sqlite:${path}`, version: 5, newest })
    expect(status.pending[0]).toEqual({ number: 6, name: 'queue' })
    expect(status.pending).toHaveLength(newest - 5)
    expect(readFileSync(path)).toEqual(before)
    await (await openStore(`sqlite:${path}`)).close()
    expect(await schemaStatus(`sqlite:${path}`)).toMatchObject({ version: newest, pending: [] })
  })

  test('[SQ15] a newer one is refused, and what is none of ours', async () => {
    const path = join(folder, 'newer.db')
    await (await openStore(`sqlite:${path}`)).close()
    const db = new DatabaseSync(path)
    db.exec(`insert into schema_migrations (number, name) values (${newest + 1}, 'future')`)
    db.close()
    await refusal(schemaStatus(`sqlite:${path}`), 'STORE_NEWER')
    const other = join(folder, 'other.db')
    new DatabaseSync(other).exec('create table songs (title text)')
    await refusal(schemaStatus(`sqlite:${other}`), 'STORE_NOT_A_DATABASE')
    writeFileSync(join(folder, 'letter.db'), 'no database '.repeat(100))
    await refusal(schemaStatus(`sqlite:${join(folder, 'letter.db')}`), 'STORE_NOT_A_DATABASE')
    await refusal(schemaStatus('mysql://x'), 'STORE_URL_INVALID')
  })

  test('[SQ15] a store in files has one layout', async () => {
    const path = join(folder, 'files')
    await (await openStore(`file:${path}`)).close()
    expect(await schemaStatus(`file:${path}`)).toEqual({
      store: `file:${path}`,
      version: 1,
      newest: 1,
      pending: [],
    })
  })

  test('[SQ23] one that is not up to date, or not there, is refused where that is asked for, and left as it is', async () => {
    const check = { migrate: 'check' } as const
    const older = join(folder, 'checked.db')
    const db = new DatabaseSync(older)
    db.exec('pragma foreign_keys = off')
    db.exec(readFileSync(new URL('./migrations/fixtures/first-version.sql', import.meta.url), 'utf8'))
    db.close()
    const before = readFileSync(older)
    const error = await refusal(openStore(`sqlite:${older}`, check), 'STORE_OLDER')
    expect(error.details).toEqual({ version: 5, needed: newest })
    expect(readFileSync(older)).toEqual(before)
    for (const url of [`sqlite:${join(folder, 'nothing.db')}`, `file:${join(folder, 'nothing')}`]) {
      await refusal(openStore(url, check), 'STORE_OLDER')
      expect(existsSync(url.slice(url.indexOf(':') + 1))).toBe(false)
      await (await openStore(url)).close()
      await (await openStore(url, check)).close()
    }
    await (await openStore('sqlite::memory:', check)).close()
  })
})
