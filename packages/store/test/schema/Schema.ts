/**
 * What a database has, in the words of SCHEMA.md: a line of each column (`` `name` type rules ``), each check,
 * unique and index. Each dialect has a reader of its own.
 */
export interface Schema {
  /** Names of all tables. */
  tables(): Promise<string[]>
  /** Columns of a table in their order. */
  columns(table: string): Promise<string[]>
  /** Checks, uniques and indexes of a table. */
  rules(table: string): Promise<string[]>
  /** Columns of a view in their order. */
  viewColumns(view: string): Promise<string[]>
  /** How the types of SCHEMA.md are declared. */
  readonly types: Readonly<Record<string, string>>
  /** A rule of SCHEMA.md as this dialect has it; default: as it stands there. */
  readonly ruleHere?: (rule: string) => string
  close(): Promise<void>
}
