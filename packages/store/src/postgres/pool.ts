import type { Pool, PoolClient } from 'pg'
import type { PostgresAddress } from './address.ts'
import { fromJsonb } from './jsonb.ts'

/** How a pool behaves. */
export interface PoolOptions {
  /** Most connections. */
  readonly max: number
  /** How long a connection may take to be made, in milliseconds. */
  readonly connectTimeoutMs: number
}

/**
 * Connections to the database. The driver is loaded here: who uses another store does not pay for it. Every
 * session sees the store's schema only; one that is left inside a transaction is ended by the server, so that a
 * frozen process holds no run for ever.
 */
export async function openPool(address: PostgresAddress, options: PoolOptions): Promise<Pool> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({
    connectionString: address.connectionString,
    max: options.max,
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    pipeline: true,
    idle_in_transaction_session_timeout: 30_000,
    application_name: 'holdfast',
    options: `-c search_path="${address.schema}" -c timezone=UTC -c datestyle=ISO -c client_min_messages=warning`,
    types: { getTypeParser: (oid: number) => PARSERS[oid] ?? asText },
  })
  // A connection that breaks while nobody uses it is replaced when it is needed.
  pool.on('error', ignore)
  pool.on('connect', (client: PoolClient) => void client.on('error', ignore))
  return pool
}

function ignore(): void {}

function asText(value: string): string {
  return value
}

/** How values come in, by the type's number: as the store answers them, JSON as its text. */
const PARSERS: Readonly<Record<number, (value: string) => unknown>> = {
  // bool
  16: (value) => value === 't',
  // bytea, as \x…
  17: (value) => Buffer.from(value.slice(2), 'hex'),
  // int8, int2, int4
  20: Number,
  21: Number,
  23: Number,
  // float8, numeric
  701: Number,
  1700: Number,
  // timestamptz: 2026-01-31 12:00:00.123+00
  1184: (value) => new Date(value.replace(' ', 'T').replace(/\+00$/, 'Z')).toISOString(),
  // jsonb
  3802: fromJsonb,
}
