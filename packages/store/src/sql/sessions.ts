import { randomUUID } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Page, SessionRow, SessionStore } from '../contract/index.ts'
import { columnText, columnTextOrNull } from '../payload/text.ts'
import { notFound } from './notFound.ts'
import { pageOf } from './paging.ts'
import { lockProject } from './projects.ts'
import { first, run, type Script } from './Script.ts'
import { insert, raw, sql } from './statement.ts'

/** The session of this name in the project, made when there is none. @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* ensureSession(
  { projectId, name, agentName }: Parameters<SessionStore['ensureSession']>[0],
  now: string,
): Script<SessionRow> {
  yield* lockProject(projectId)
  const row = {
    id: randomUUID(),
    project_id: projectId,
    agent_name: columnTextOrNull(agentName),
    name: columnText(name),
    created_at: now,
  }
  yield* run(sql`${insert('sessions', row)} on conflict (project_id, name) do nothing`)
  const session = yield* first<SessionRow>(
    sql`select * from sessions where project_id = ${projectId} and name = ${row.name}`,
  )
  if (session === null)
    throw new WorkflowError('INTERNAL', `Session ${name} of project ${projectId} vanished while it was made.`)
  return { ...session }
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* getSession(id: string): Script<SessionRow> {
  const session = yield* first<SessionRow>(sql`select * from sessions where id = ${id}`)
  if (session === null) throw notFound('session', id)
  return { ...session }
}

/** Sessions, newest first. */
export function* listSessions(query: Parameters<SessionStore['listSessions']>[0]): Script<Page<SessionRow>> {
  const conditions = []
  if (query.projectId !== undefined) conditions.push(sql`project_id = ${query.projectId}`)
  if (query.agentName !== undefined) conditions.push(sql`agent_name = ${query.agentName}`)
  return yield* pageOf<SessionRow, SessionRow>(query, {
    columns: raw('*'),
    from: raw('sessions'),
    conditions,
    behind: ([at = null, id = null]) => sql`(created_at, id) < (${at}, ${id})`,
    orderBy: raw('created_at desc, id desc'),
    sortedBy: ({ created_at, id }) => [created_at, id],
    decode: (row) => ({ ...row }),
  })
}
