import type { OpenRequest } from '../adapter.ts'

/** The address of the measurement's database. @throws Error when no server was started for it. */
export function databaseUrlOf({ surroundings }: OpenRequest): string {
  if (surroundings.databaseUrl === null)
    throw new Error('This adapter needs PostgreSQL, which was not started.')
  return surroundings.databaseUrl
}
