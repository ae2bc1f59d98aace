import type { IWorkflowStore } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Json, StoredValue } from '@holdfast/workflow-sdk/journal'
import type { EngineSettings } from '../settings.ts'
import { toPlain } from './plain.ts'

/** JSON text can take up to six bytes for one UTF-16 unit; below this share nobody needs to measure. */
const SAFE_SHARE = 6

/**
 * The stored form of a value; large ones are put into the blob table first (J5). A promise only where it has to be.
 * @throws WorkflowError `STEP_OUTPUT_NOT_SERIALIZABLE`, `STEP_OUTPUT_TOO_LARGE`.
 */
export function toStored(
  value: unknown,
  what: string,
  store: IWorkflowStore,
  settings: EngineSettings,
): StoredValue | Promise<StoredValue> {
  const { value: plain, roughBytes } = toPlain(value, what)
  if (plain === undefined) return {}
  if (roughBytes * SAFE_SHARE <= settings.inlineBytes) return { json: plain }
  const bytes = Buffer.from(JSON.stringify(plain), 'utf8')
  if (bytes.length <= settings.inlineBytes) return { json: plain }
  if (bytes.length > settings.maxValueBytes) {
    throw new WorkflowError(
      'STEP_OUTPUT_TOO_LARGE',
      `${what} of ${bytes.length} bytes; the limit is ${settings.maxValueBytes}. Keep large data in a file and return its path, or store it as an artifact.`,
      { details: { bytes: bytes.length, limit: settings.maxValueBytes } },
    )
  }
  return store.putBlob(bytes).then((hash) => ({ blob: { hash, bytes: bytes.length } }))
}

/** The value again; blobs are loaded. A promise only where it has to be. */
export function fromStored(stored: StoredValue, store: IWorkflowStore): unknown {
  if (stored.blob === undefined) return stored.json
  return store
    .getBlob(stored.blob.hash)
    .then((bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')) as Json)
}
