import type { Installation } from '@holdfast/agents/testing'
import type { BenchAdapter } from './adapter.ts'
import type { CaseId } from './driver/cases.ts'
import type { Sizes } from './sizes.ts'

/** Where runs are kept; `own` is a server that is no database of its users. */
export type StoreName = 'sqlite' | 'postgres' | 'own'

/** What the benchmark knows about an adapter before it loads it. */
export interface Card {
  readonly name: string
  /** Holdfast, the least that any durable engine must do, or the peer of this name. */
  readonly system: string
  /** Head of its column. */
  readonly title: string
  readonly store: StoreName
  /** Exact versions and when a step is safe, in words. */
  readonly durability: string
  /** Who goes on with the runs of a dead process, and when, in words. */
  readonly recovery: string
  /** Packages that are installed on first use. */
  readonly packages?: Installation
  /** Sizes that are not exceeded, because of a limit of the peer or the time that they would take. */
  readonly atMost?: Partial<Sizes>
  /** Cases that it is not measured in. */
  readonly without?: readonly CaseId[]
  load(): Promise<BenchAdapter>
}
