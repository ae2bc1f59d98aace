import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { openPostgresStore } from '../../src/postgres/openPostgresStore.ts'

/** Runs statements as the superuser in a database of the test run's server. */
export async function administer(
  statement: string,
  database = 'postgres',
): Promise<Record<string, unknown>[]> {
  const client = await connected(database)
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

/**
 * A connection as the superuser, to be ended by who asked. That the server goes away while no query is on its way
 * is nobody's error.
 */
export async function connected(database: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: urlOf(database) })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Address of a database of the test run's server. */
export function urlOf(database: string): string {
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${database}`
  return url.href
}

/** A database of its own without anything in it; answers its name. */
export async function emptyDatabase(): Promise<string> {
  const name = `t_${randomUUID().replaceAll('-', '')}`
  await administer(`create database ${name}`)
  return name
}

let template: Promise<string> | null = null

/** A database of its own with an empty store in schema `holdfast`: a copy, which is faster than migrating. */
export async function freshDatabase(): Promise<string> {
  template ??= makeTemplate()
  const name = `t_${randomUUID().replaceAll('-', '')}`
  await administer(`create database ${name} template ${await template}`)
  return name
}

async function makeTemplate(): Promise<string> {
  const name = await emptyDatabase()
  await (await openPostgresStore({ url: urlOf(name) })).close()
  return name
}
