export { buildApp, type App, type AppOptions } from './buildApp.ts'
export type { Access } from './access/Access.ts'
export {
  DEFAULT_PORT,
  refuseWithoutAccounts,
  startServer,
  type RunningServer,
  type ServerOptions,
} from './startServer.ts'
