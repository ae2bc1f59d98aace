export type * from './contract/index.ts'
export type { FileStoreOptions } from './files/openFileStore.ts'
export { openStore } from './openStore.ts'
export { openSqliteStore, type SqliteStoreOptions, type StoreOptions } from './sqlite/openSqliteStore.ts'
