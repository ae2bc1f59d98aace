import { hash } from 'node:crypto'
import type { ParsedPrompt } from '@holdfast/agents/prompts'
import type { IWorkflowStore, PromptRow } from '@holdfast/store/contract'
import type { Json } from '@holdfast/workflow-sdk/journal'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { projectPaths } from '../project/paths.ts'
import { listPromptFiles, readPromptFile, type PromptFile } from './promptFiles.ts'
import { schemaIssue } from './schema.ts'

/** A prompt file that can be used. */
export interface DiscoveredPrompt {
  readonly name: string
  /** Relative to the project's root. */
  readonly file: string
  readonly version: number
  readonly model: string | null
  /** Whether this look made the version. */
  readonly isNew: boolean
}

/** A prompt file that needs attention. The others are not affected. */
export interface PromptProblem {
  readonly file: string
  /** Name that the file has where it does not say another one. */
  readonly name: string
  /** From 1; null where no place is known. */
  readonly line: number | null
  readonly column: number | null
  readonly code: 'PROMPT_INVALID'
  readonly reason: string
}

/** What a look at the prompt files found. */
export interface PromptDiscovery {
  readonly prompts: readonly DiscoveredPrompt[]
  readonly problems: readonly PromptProblem[]
}

const PAGE = 200

/**
 * Looks at the prompt files of a project and registers each one in the store; a version is its content. A file that is
 * wrong is reported with its line. What is unchanged causes no write, also where the prompt was changed by hand since.
 * @throws WorkflowError `STORE_…`; never because of a file.
 */
export async function discoverPrompts(store: IWorkflowStore, project: ProjectInfo): Promise<PromptDiscovery> {
  const paths = projectPaths(project.path)
  const files = await listPromptFiles(paths)
  if (files.length === 0) return { prompts: [], problems: [] }
  const known = await newestByName(store, project.id)
  const prompts: DiscoveredPrompt[] = []
  const problems: PromptProblem[] = []
  for (const file of files) {
    const found = await readOne(paths.root, file)
    if ('reason' in found) {
      problems.push(found)
      continue
    }
    const { name, model } = found.prompt
    const other = prompts.find((one) => one.name === name)
    if (other !== undefined) {
      const reason = `it names its prompt "${name}", as ${other.file} does; give it another name`
      problems.push({ ...placeOf(file), line: 1, reason })
      continue
    }
    const { version, isNew } = await register(store, project.id, file, found, known.get(name) ?? null)
    prompts.push({ name, file: file.file, version, model, isNew })
  }
  return { prompts, problems }
}

function placeOf({ file, name }: PromptFile): Omit<PromptProblem, 'reason'> {
  return { file, name, line: null, column: null, code: 'PROMPT_INVALID' }
}

/** A prompt that was read, and the hash of what it was read from. */
export interface Found {
  readonly prompt: ParsedPrompt
  readonly contentHash: string
}

async function readOne(root: string, file: PromptFile): Promise<Found | PromptProblem> {
  const place = placeOf(file)
  const read = await readPromptFile(root, file)
  if ('reason' in read) return { ...place, reason: read.reason }
  const { parsePrompt } = await import('@holdfast/agents/prompts')
  const parsed = await parsePrompt(read.text, file.name)
  if ('issue' in parsed) return { ...place, ...parsed.issue }
  const reason = await schemaIssue(parsed.prompt.output)
  if (reason !== null) return { ...place, reason }
  return { prompt: parsed.prompt, contentHash: hash('sha256', read.text) }
}

async function register(
  store: IWorkflowStore,
  projectId: string,
  { file }: PromptFile,
  found: Found,
  row: PromptRow | null,
): Promise<{ readonly version: number; readonly isNew: boolean }> {
  if (row?.content_hash === found.contentHash && row.file_path === file)
    return { version: row.version, isNew: false }
  return await registerParsed(store, projectId, file, found)
}

/** Keeps what was read; `file` is null for a prompt that has none. */
export async function registerParsed(
  store: IWorkflowStore,
  projectId: string,
  file: string | null,
  { prompt, contentHash }: Found,
): Promise<{ readonly version: number; readonly isNew: boolean }> {
  const saved = await store.registerPrompt({
    projectId,
    name: prompt.name,
    filePath: file,
    contentHash,
    category: prompt.category,
    status: prompt.status,
    systemPromptText: prompt.text,
    modelName: prompt.model,
    generationConfig: prompt.config as Json,
    templateVariables: prompt.variables as Json,
    outputSchema: prompt.output,
  })
  return { version: saved.prompt.version, isNew: saved.isNew }
}

async function newestByName(store: IWorkflowStore, projectId: string): Promise<Map<string, PromptRow>> {
  const newest = new Map<string, PromptRow>()
  for (let page = 1; ; page++) {
    const { items } = await store.listPrompts({ projectId, page, limit: PAGE })
    for (const row of items) newest.set(row.name, row)
    if (items.length < PAGE) return newest
  }
}
