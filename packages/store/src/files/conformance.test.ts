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
  skip: Object.fromEntries(
    ['ST70', 'ST71', 'ST72', 'ST73', 'ST74', 'ST75', 'ST76', 'ST77', 'ST80', 'ST81', 'ST82', 'ST83'].map(
      (rule) => [rule, 'files have no prompts, triggers, nodes and copies'],
    ),
  ),
})
