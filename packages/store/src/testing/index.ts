export { Server as PostgresServer } from './postgres/Server.ts'
