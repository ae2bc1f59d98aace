import { randomUUID } from 'node:crypto'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type {
  NewPrompt,
  PromptContent,
  PromptLabelRow,
  PromptMarks,
  PromptRow,
  PromptStore,
} from '../contract/index.ts'
import { changedMarks, contentColumns, contentOf, hasContent } from '../payload/promptContent.ts'
import { columnText, columnTextOrNull } from '../payload/text.ts'
import { decodeRow } from '../sql/decode.ts'
import { notFound } from '../sql/notFound.ts'
import { mustHaveProject } from './definitionOperations.ts'
import type { FileTransaction } from './FileTransaction.ts'
import { labelId, promptRow, type PromptRecord } from './promptRecords.ts'

type Saved = Awaited<ReturnType<PromptStore['registerPrompt']>>

/** Writes of prompts and their labels. */
export const promptOperations = {
  registerPrompt(tx: FileTransaction, prompt: NewPrompt): Saved {
    const { projectId, name } = prompt
    mustHaveProject(tx, projectId)
    const newest = newestOf(tx, projectId, name)
    const source = {
      file_path: columnTextOrNull(prompt.filePath),
      content_hash: prompt.contentHash,
      parsed_at: tx.timestamp,
    }
    if (newest === null || !hasContent(promptRow(newest), prompt)) {
      const category = prompt.category === undefined ? (newest?.category ?? null) : prompt.category
      const marks = { category, status: prompt.status ?? 'active' }
      return addVersion(tx, { projectId, name, newest, content: prompt, marks, source })
    }
    const marks = changedMarks(promptRow(newest), prompt)
    const touched = Object.keys(marks).length > 0 ? { updated_at: tx.timestamp } : {}
    return changed(tx, { ...newest, ...source, ...marks, ...touched })
  },

  updatePrompt(tx: FileTransaction, id: string, change: Partial<PromptContent & PromptMarks>): Saved {
    const before = mustGetPrompt(tx, id)
    const content = contentOf(promptRow(before), change)
    if (hasContent(promptRow(before), content)) {
      const marks = changedMarks(promptRow(before), change)
      if (Object.keys(marks).length === 0) return { prompt: promptRow(before), isNew: false }
      return changed(tx, { ...before, ...marks, updated_at: tx.timestamp })
    }
    const { project_id: projectId, name } = before
    const newest = newestOf(tx, projectId, name) ?? before
    const category = change.category === undefined ? before.category : change.category
    const marks = { category, status: change.status ?? 'active' }
    // The file is as it was: its hash says so, and reading it again does not undo what was written by hand.
    const { file_path, content_hash, parsed_at } = newest
    const source = { file_path, content_hash, parsed_at }
    return addVersion(tx, { projectId, name, newest, content, marks, source })
  },

  deletePrompt(tx: FileTransaction, id: string): null {
    const { name, version } = mustGetPrompt(tx, id)
    const node = tx.list('workflow_nodes').find((one) => one.prompt_id === id)
    if (node !== undefined) {
      const workflow = tx.get('workflow_definitions', node.workflow_id)?.name ?? node.workflow_id
      throw new WorkflowError(
        'DEFINITION_IN_USE',
        `Prompt "${name}" version ${version} is used by node "${node.node_id}" of workflow "${workflow}" and cannot be deleted. Archive it instead.`,
        { details: { promptId: id, workflow, node: node.node_id } },
      )
    }
    for (const label of tx.list('prompt_labels'))
      if (label.prompt_id === id) tx.remove('prompt_labels', label.id)
    tx.remove('prompt_definitions', id)
    return null
  },

  setPromptLabel(
    tx: FileTransaction,
    { projectId, name, label, version }: Parameters<PromptStore['setPromptLabel']>[0],
  ): PromptLabelRow {
    const prompt = tx
      .list('prompt_definitions')
      .find((row) => row.project_id === projectId && row.name === name && row.version === version)
    if (prompt === undefined) throw notFound('prompt', `"${name}" version ${version}`)
    const text = columnText(label)
    const id = labelId({ project_id: projectId, name, label: text })
    const before = tx.get('prompt_labels', id)
    const row = {
      id,
      project_id: projectId,
      name,
      label: text,
      prompt_id: prompt.id,
      created_at: before?.created_at ?? tx.timestamp,
      updated_at: before?.prompt_id === prompt.id ? before.updated_at : tx.timestamp,
    }
    tx.put('prompt_labels', row)
    const { id: _id, ...said } = row
    return { ...said, version }
  },

  deletePromptLabel(tx: FileTransaction, projectId: string, name: string, label: string): null {
    const id = labelId({ project_id: projectId, name, label: columnText(label) })
    if (tx.get('prompt_labels', id) === null) throw notFound('label', `${label} of prompt "${name}"`)
    tx.remove('prompt_labels', id)
    return null
  },
} as const

function changed(tx: FileTransaction, record: PromptRecord): Saved {
  tx.put('prompt_definitions', record)
  return { prompt: promptRow(record), isNew: false }
}

function mustGetPrompt(tx: FileTransaction, id: string): PromptRecord {
  const record = tx.get('prompt_definitions', id)
  if (record === null) throw notFound('prompt version', id)
  return record
}

function newestOf(tx: FileTransaction, projectId: string, name: string): PromptRecord | null {
  let newest: PromptRecord | null = null
  for (const row of tx.list('prompt_definitions')) {
    if (row.project_id !== projectId || row.name !== name) continue
    if (newest === null || row.version > newest.version) newest = row
  }
  return newest
}

function addVersion(
  tx: FileTransaction,
  prompt: {
    readonly projectId: string
    readonly name: string
    readonly newest: PromptRecord | null
    readonly content: PromptContent
    readonly marks: PromptMarks
    readonly source: Pick<PromptRow, 'file_path' | 'content_hash' | 'parsed_at'>
  },
): Saved {
  const { category, status } = prompt.marks
  const record: PromptRecord = {
    id: randomUUID(),
    project_id: prompt.projectId,
    name: prompt.name,
    version: (prompt.newest?.version ?? 0) + 1,
    category: columnTextOrNull(category),
    status,
    created_at: tx.timestamp,
    updated_at: tx.timestamp,
    ...contentColumns(prompt.content),
    ...prompt.source,
  }
  tx.put('prompt_definitions', record)
  return { prompt: decodeRow('prompt_definitions', record), isNew: true }
}
