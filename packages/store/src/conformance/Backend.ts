import type { IWorkflowStore } from '../contract/index.ts'
import type { StoreOptions } from '../sqlite/openSqliteStore.ts'

/** A backend as the conformance suite tests it. */
export interface Backend {
  /** Shown before the names of the tests. */
  readonly name: string
  /** Opens an empty store; the suite closes it. */
  readonly open: (options: StoreOptions) => Promise<IWorkflowStore>
  /** Rules that this backend does not keep, each with the reason. */
  readonly skip?: Readonly<Record<string, string>>
}
