import type { ChildTable, ChildTables, RunColumns } from './rows.ts'

/** A new row. */
export type InsertChange = {
  [T in ChildTable]: { readonly table: T; readonly insert: ChildTables[T] }
}[ChildTable]

/** A row that changes. */
export type UpdateChange = {
  [T in ChildTable]: { readonly table: T; readonly id: string; readonly set: Partial<ChildTables[T]> }
}[ChildTable]

/** What an event does to one row. */
export type RowChange =
  | InsertChange
  | UpdateChange
  | { readonly table: 'workflow_runs'; readonly set: Partial<RunColumns> }

/** A change of the run's own row. */
export function runChange(set: Partial<RunColumns>): RowChange {
  return { table: 'workflow_runs', set }
}
