import type { IWorkflowStore, TransferRecord, TransferSummary, WorkerRow } from '../contract/index.ts'
import { differences, Digest } from './Digest.ts'
import { storeInUse } from './errors.ts'

/** What {@link copyStore} takes. */
export interface CopyOptions {
  /** Whether a worker may still be working. */
  readonly isAlive: (worker: WorkerRow) => boolean
  /** Called with each record that the target was given. */
  readonly onRecord?: (record: TransferRecord) => void
}

/**
 * Copies everything from one store into an empty one, whatever their backends: all of it or, also when the
 * process dies, nothing. The source is not changed; runs that a dead worker owned are due in the target.
 * @throws WorkflowError `STORE_IN_USE` when a worker lives on the source or it changes meanwhile,
 *   `STORE_NOT_EMPTY`, `STORE_COPY_DIFFERS`, `STORE_…`, `JOURNAL_CORRUPT`.
 */
export async function copyStore(
  source: IWorkflowStore,
  target: IWorkflowStore,
  { isAlive, onRecord }: CopyOptions,
): Promise<TransferSummary> {
  await refuseWorkers(source, isAlive)
  let mayHaveChanged = false
  const stop = source.watch(() => {
    mayHaveChanged = true
  })
  async function* checked(): AsyncGenerator<TransferRecord> {
    const came = new Digest()
    for await (const record of source.exportRecords()) {
      came.add(record)
      onRecord?.(record)
      yield record
    }
    // The target keeps nothing before this has passed.
    await refuseWorkers(source, isAlive)
    if (mayHaveChanged && (await differsFrom(source, came.summary())))
      throw storeInUse(source.description, 'it was written to while it was read')
  }
  try {
    return await target.importRecords(checked())
  } finally {
    stop()
  }
}

/** A watcher may call without need, as after it has connected: then reading once more tells. */
async function differsFrom(source: IWorkflowStore, came: TransferSummary): Promise<boolean> {
  const now = new Digest()
  for await (const record of source.exportRecords()) now.add(record)
  return differences(came, now.summary()).length > 0
}

async function refuseWorkers(source: IWorkflowStore, isAlive: CopyOptions['isAlive']): Promise<void> {
  const worker = (await source.listWorkers()).find((one) => isAlive(one))
  if (worker === undefined) return
  throw storeInUse(
    source.description,
    `worker ${worker.id} (process ${worker.pid}) was alive at ${worker.renewed_at}`,
  )
}
