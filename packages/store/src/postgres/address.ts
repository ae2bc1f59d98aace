import { createHash } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { shownAddress } from '../shownAddress.ts'

/** Where a PostgreSQL store lies. */
export interface PostgresAddress {
  /** What `pg` connects to, password included. */
  readonly connectionString: string
  /** Schema that holds the tables. */
  readonly schema: string
  /** The address without the password. */
  readonly description: string
  /** Name of the channel on which commits are told; one per schema. */
  readonly channel: string
  /** Key of the advisory lock under which the schema is changed; one per schema. */
  readonly lockKey: string
}

/** Parameters of the address that go to the driver. */
const PASSED = ['sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'application_name', 'host', 'port', 'user']

/**
 * Takes an address apart: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME`, schema `holdfast` where
 * none is given.
 * @throws WorkflowError `STORE_URL_INVALID`, never with the password in it.
 */
export function parseAddress(address: string): PostgresAddress {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    throw invalid(address, 'is no address')
  }
  if (!isEscaped(url)) throw invalid(address, 'has characters that must be escaped')
  if (url.pathname.length < 2) throw invalid(address, 'names no database')
  if (url.hostname === '' && !url.searchParams.has('host')) throw invalid(address, 'names no host')
  const schema = url.searchParams.get('schema') ?? 'holdfast'
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(schema) || /^pg_|^information_schema$/i.test(schema))
    throw invalid(address, `has the schema ${JSON.stringify(schema)}; take letters, digits and _, at most 63`)
  url.searchParams.delete('schema')
  const unknown = [...url.searchParams.keys()].find((name) => !PASSED.includes(name))
  if (unknown !== undefined)
    throw invalid(address, `has the parameter ${unknown}; known are schema, ${PASSED.join(', ')}`)
  const shown = new URL(url)
  shown.password = ''
  shown.searchParams.set('schema', schema)
  const hash = createHash('sha256').update(schema).digest()
  return {
    connectionString: url.href,
    schema,
    description: shown.href,
    channel: `holdfast_${hash.toString('hex', 0, 16)}`,
    lockKey: hash.readBigInt64BE().toString(),
  }
}

/**
 * Whether what looks like host, database and parameters is that: a password with `/`, `?` or `#` in it ends there
 * for the parser, and the rest of it would be shown as the name of a database.
 */
function isEscaped({ href, pathname, search, hash }: URL): boolean {
  if (hash !== '' || `${pathname}${search}`.includes('@')) return false
  try {
    decodeURIComponent(href)
    return true
  } catch {
    return false
  }
}

function invalid(address: string, why: string): WorkflowError {
  const url = shownAddress(address)
  return new WorkflowError(
    'STORE_URL_INVALID',
    `The store address ${JSON.stringify(url)} ${why}. Write postgres://USER:PASSWORD@HOST:PORT/DATABASE?schema=NAME, with special characters of the user, the password and the database as %XX.`,
    { details: { url } },
  )
}
