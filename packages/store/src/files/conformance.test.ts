import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { storeConformance } from '../conformance/index.ts'
import { openFileStore } from './openFileStore.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'))
afterAll(() => rmSync(folder, { recursive: true }))
let stores = 0

storeConformance({
  name: 'files',
  open: (options) => openFileStore({ ...options, path: join(folder, `${stores++}`) }),
})
