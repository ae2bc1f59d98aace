import { randomUUID } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ProjectRow } from '../contract/index.ts'
import { columnText } from '../payload/text.ts'
import { notFound } from './notFound.ts'
import { all, first, run, type Script } from './Script.ts'
import { insert, sql } from './statement.ts'

/** The project with this path, made or renamed when needed. */
export function* ensureProject(
  { name, path }: { readonly name: string; readonly path: string },
  now: string,
): Script<ProjectRow> {
  const row = { id: randomUUID(), name: columnText(name), path, created_at: now, updated_at: now }
  yield* run(
    sql`${insert('projects', row)} on conflict (path) do update set name = excluded.name, updated_at = excluded.updated_at
      where projects.name <> excluded.name`,
  )
  const project = yield* first<ProjectRow>(sql`select * from projects where path = ${path}`)
  if (project === null)
    throw new WorkflowError('INTERNAL', `Project ${path} vanished in the transaction that made it.`)
  return { ...project }
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* getProject(id: string): Script<ProjectRow> {
  const project = yield* first<ProjectRow>(sql`select * from projects where id = ${id}`)
  if (project === null) throw notFound('project', id)
  return { ...project }
}

/** Every project by name. */
export function* listProjects(): Script<ProjectRow[]> {
  const rows = yield* all<ProjectRow>(sql`select * from projects order by name, id`)
  return rows.map((row) => ({ ...row }))
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* updateProject(id: string, name: string, now: string): Script<ProjectRow> {
  yield* run(sql`update projects set name = ${columnText(name)}, updated_at = ${now} where id = ${id}`)
  return yield* getProject(id)
}

/** Deletes a project with everything below it. Answers the ids of its runs. */
export function* deleteProject(id: string): Script<string[]> {
  const runs = yield* all<{ id: string }>(sql`select id from workflow_runs where project_id = ${id}`)
  yield* run(sql`delete from projects where id = ${id}`)
  return runs.map((one) => one.id)
}

/**
 * Keeps others out of the project until the transaction ends, so that two do not number the same thing.
 * @throws WorkflowError `RECORD_NOT_FOUND`.
 */
export function* lockProject(id: string): Script<void> {
  const locked = yield* all(sql`update projects set updated_at = updated_at where id = ${id} returning id`)
  if (locked.length > 0) return
  throw new WorkflowError('RECORD_NOT_FOUND', `No project has the id ${id}. Register it first.`, {
    details: { projectId: id },
  })
}
