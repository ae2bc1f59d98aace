import { randomUUID } from 'node:crypto'
import { openStore } from '@holdfast/store'
import type { IWorkflowStore } from '@holdfast/store/contract'
import { inject, onTestFinished } from 'vitest'
import { turns } from '../../src/testing/index.ts'
import type { StorePlace } from './crashLab.ts'

/** A store in a schema of its own on the server of the test run; the process after the crash opens it anew. */
export function inPostgres(): StorePlace {
  const url = `${inject('postgresUrl')}?schema=lab_${randomUUID().replaceAll('-', '')}`
  const open = async (now: () => number): Promise<IWorkflowStore> => {
    const store = await openStore(url, { now })
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
