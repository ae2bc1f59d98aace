import { randomUUID } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type {
  NewPrompt,
  Page,
  PromptContent,
  PromptMarks,
  PromptRow,
  PromptStore,
} from '../contract/index.ts'
import { columnTextOrNull } from '../payload/text.ts'
import { changedMarks, contentColumns, contentOf, hasContent } from '../payload/promptContent.ts'
import { decodeRow } from './decode.ts'
import { notFound } from './notFound.ts'
import { pageOf } from './paging.ts'
import { lockProject } from './projects.ts'
import { all, first, run, type Script } from './Script.ts'
import { assignments, contains, insert, raw, sql, where, type Statement } from './statement.ts'

type Saved = Awaited<ReturnType<PromptStore['registerPrompt']>>

/** Makes the next version when the content differs from the newest one. */
export function* registerPrompt(prompt: NewPrompt, now: string): Script<Saved> {
  const { projectId, name } = prompt
  yield* lockProject(projectId)
  const newest = yield* newestOf(projectId, name)
  const source = {
    file_path: columnTextOrNull(prompt.filePath),
    content_hash: prompt.contentHash,
    parsed_at: now,
  }
  if (newest === null || !hasContent(newest, prompt)) {
    const category = prompt.category === undefined ? (newest?.category ?? null) : prompt.category
    const marks = { category, status: prompt.status ?? 'active' }
    return yield* addVersion({ projectId, name, newest, content: prompt, marks, source }, now)
  }
  const marks = changedMarks(newest, prompt)
  const touched = Object.keys(marks).length > 0 ? { updated_at: now } : {}
  const change = { ...source, ...marks, ...touched }
  yield* run(sql`update prompt_definitions set ${assignments(change)} where id = ${newest.id}`)
  return { prompt: yield* getPrompt(newest.id), isNew: false }
}

/** Changes category and status in place; another content makes the next version. */
export function* updatePrompt(
  id: string,
  change: Partial<PromptContent & PromptMarks>,
  now: string,
): Script<Saved> {
  const { project_id: projectId, name } = yield* getPrompt(id)
  yield* lockProject(projectId)
  const before = yield* getPrompt(id)
  const content = contentOf(before, change)
  if (hasContent(before, content)) {
    const marks = changedMarks(before, change)
    if (Object.keys(marks).length > 0)
      yield* run(
        sql`update prompt_definitions set ${assignments({ ...marks, updated_at: now })} where id = ${id}`,
      )
    return { prompt: yield* getPrompt(id), isNew: false }
  }
  const newest = (yield* newestOf(projectId, name)) ?? before
  const category = change.category === undefined ? before.category : change.category
  const marks = { category, status: change.status ?? 'active' }
  // The file is as it was: its hash says so, and reading it again does not undo what was written by hand.
  const { file_path, content_hash, parsed_at } = newest
  const source = { file_path, content_hash, parsed_at }
  return yield* addVersion({ projectId, name, newest, content, marks, source }, now)
}

/** A version by its number or label; without either the newest that is active. */
export function* findPrompt(
  projectId: string,
  name: string,
  which?: { readonly version: number } | { readonly label: string },
): Script<PromptRow | null> {
  const ofName = sql`select * from prompt_definitions where project_id = ${projectId} and name = ${name}`
  if (which === undefined)
    return yield* decodedFirst(sql`${ofName} and status = 'active' order by version desc limit 1`)
  if ('version' in which) return yield* decodedFirst(sql`${ofName} and version = ${which.version}`)
  return yield* decodedFirst(
    sql`${ofName} and id = (select prompt_id from prompt_labels
      where project_id = ${projectId} and name = ${name} and label = ${which.label})`,
  )
}

/** @throws WorkflowError `RECORD_NOT_FOUND`. */
export function* getPrompt(id: string): Script<PromptRow> {
  const prompt = yield* decodedFirst(sql`select * from prompt_definitions where id = ${id}`)
  if (prompt === null) throw notFound('prompt version', id)
  return prompt
}

/** Of each prompt the newest version among those that match, by name. */
export function* listPrompts(query: Parameters<PromptStore['listPrompts']>[0]): Script<Page<PromptRow>> {
  const isSameButLater = sql`later.project_id = prompt.project_id and later.name = prompt.name
    and later.version > prompt.version`
  const laterOnes = sql`select 1 from prompt_definitions as later${where([isSameButLater, ...matching('later', query)])}`
  return yield* pageOf<{ name: string; id: string }, PromptRow>(query, {
    columns: raw('prompt.*'),
    from: raw('prompt_definitions as prompt'),
    conditions: [...matching('prompt', query), sql`not exists (${laterOnes})`],
    behind: ([name = null, id = null]) => sql`(prompt.name, prompt.id) > (${name}, ${id})`,
    orderBy: raw('prompt.name, prompt.id'),
    sortedBy: ({ name, id }) => [name, id],
    decode: (row) => decodeRow('prompt_definitions', row),
  })
}

/** Every version, oldest first. */
export function* listPromptVersions(projectId: string, name: string): Script<PromptRow[]> {
  const rows = yield* all<object>(
    sql`select * from prompt_definitions where project_id = ${projectId} and name = ${name} order by version`,
  )
  return rows.map((row) => decodeRow('prompt_definitions', row))
}

/** @throws WorkflowError `RECORD_NOT_FOUND`, `DEFINITION_IN_USE` while a node uses it. */
export function* deletePrompt(id: string): Script<void> {
  const { project_id, name, version } = yield* getPrompt(id)
  yield* lockProject(project_id)
  const user = yield* first<{ workflow: string; node: string }>(
    sql`select d.name as workflow, n.node_id as node from workflow_nodes as n
      join workflow_definitions as d on d.id = n.workflow_id where n.prompt_id = ${id} limit 1`,
  )
  if (user !== null) {
    throw new WorkflowError(
      'DEFINITION_IN_USE',
      `Prompt "${name}" version ${version} is used by node "${user.node}" of workflow "${user.workflow}" and cannot be deleted. Archive it instead.`,
      { details: { promptId: id, workflow: user.workflow, node: user.node } },
    )
  }
  yield* run(sql`delete from prompt_definitions where id = ${id}`)
}

function* decodedFirst(statement: Statement): Script<PromptRow | null> {
  const row = yield* first<object>(statement)
  return row === null ? null : decodeRow('prompt_definitions', row)
}

function* newestOf(projectId: string, name: string): Script<PromptRow | null> {
  return yield* decodedFirst(
    sql`select * from prompt_definitions where project_id = ${projectId} and name = ${name}
      order by version desc limit 1`,
  )
}

function* addVersion(
  prompt: {
    readonly projectId: string
    readonly name: string
    readonly newest: PromptRow | null
    readonly content: PromptContent
    readonly marks: PromptMarks
    readonly source: Pick<PromptRow, 'file_path' | 'content_hash' | 'parsed_at'>
  },
  now: string,
): Script<Saved> {
  const id = randomUUID()
  const { category, status } = prompt.marks
  const row = {
    id,
    project_id: prompt.projectId,
    name: prompt.name,
    version: (prompt.newest?.version ?? 0) + 1,
    category: columnTextOrNull(category),
    status,
    created_at: now,
    updated_at: now,
    ...contentColumns(prompt.content),
    ...prompt.source,
  }
  yield* run(insert('prompt_definitions', row))
  return { prompt: yield* getPrompt(id), isNew: true }
}

function matching(table: string, query: Parameters<PromptStore['listPrompts']>[0]): Statement[] {
  const conditions = []
  const column = (name: string) => raw(`${table}.${name}`)
  if (query.projectId !== undefined) conditions.push(sql`${column('project_id')} = ${query.projectId}`)
  if (query.category !== undefined) conditions.push(sql`${column('category')} = ${query.category}`)
  if (query.status !== undefined) conditions.push(sql`${column('status')} = ${query.status}`)
  if (query.q !== undefined) {
    const inName = contains(`${table}.name`, query.q)
    conditions.push(sql`(${inName} or ${contains(`${table}.system_prompt_text`, query.q)})`)
  }
  return conditions
}
