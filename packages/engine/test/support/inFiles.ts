import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { onTestFinished } from 'vitest'
import { turns } from '../../src/testing/index.ts'
import type { StorePlace } from './crashLab.ts'

/** A store in the files of a folder of its own; the process that comes after the crash reads it from the disk. */
export function inFiles(): StorePlace {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-lab-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const open = async (now: () => number): Promise<IWorkflowStore> => {
    const store = await openStore(`file:${folder}`, { now })
    onTestFinished(async () => await store.close())
    return store
  }
  return {
    open,
    reopen: async (left, now) => {
      await left.close()
      return await open(now)
    },
    settle: async (store) => {
      for (let round = 0; round < 4; round++) {
        // Behind everything that waits to be written; of an unknown run nothing is kept.
        await store.appendWorkflowLog([
          { run_id: 'nobody', step_id: null, level: 'info', message: '', data: null },
        ])
        await turns(5)
      }
    },
  }
}
