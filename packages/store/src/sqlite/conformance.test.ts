import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { storeConformance } from '../conformance/index.ts'
import { openSqliteStore } from './openSqliteStore.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

storeConformance({
  name: 'SQLite in memory',
  open: (options) => openSqliteStore({ ...options, path: ':memory:' }),
})

storeConformance({
  name: 'SQLite on disk',
  open: (options) => openSqliteStore({ ...options, path: join(folder, `${files++}.db`) }),
})
