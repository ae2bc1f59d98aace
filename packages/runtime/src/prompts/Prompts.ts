import type { IWorkflowStore, PromptRow } from '@holdfast/store/contract'
import { WorkflowError, type ModelConfig } from '@holdfast/workflow-sdk'
import type { ProjectInfo, PromptPort, PromptVersion } from '@holdfast/workflow-sdk/ports'
import { nearestName } from '../definitions/nearest.ts'
import { discoverPrompts } from './discoverPrompts.ts'
import { checkerOf } from './schema.ts'

/** What a reference to a prompt means. */
export interface PromptReference {
  readonly name: string
  /** Absent: the newest active version. */
  readonly which?: { readonly version: number } | { readonly label: string }
}

/** Prompts of a project as the engine asks for them: from the store, into which its files are read first. */
export class Prompts implements PromptPort {
  readonly #store: IWorkflowStore

  constructor(store: IWorkflowStore) {
    this.#store = store
  }

  async find(project: ProjectInfo, reference: string): Promise<PromptVersion> {
    const { name, which } = readReference(reference)
    const { problems } = await discoverPrompts(this.#store, project)
    const row = await this.#store.findPrompt(project.id, name, which)
    const problem = problems.find((one) => one.name === name || one.file === row?.file_path)
    // What a label or number points at was read when it was right.
    if (problem !== undefined && which === undefined) throw invalid(name, problem)
    if (row === null) throw await this.#notFound(project, reference, name)
    return await versionOf(row)
  }

  async load(id: string): Promise<PromptVersion> {
    return await versionOf(
      await this.#store.getPrompt(id).catch((error: unknown) => {
        if (!WorkflowError.has(error, 'RECORD_NOT_FOUND')) throw error
        throw new WorkflowError(
          'PROMPT_NOT_FOUND',
          `The prompt version ${id} with which this step began was deleted. Start the run again.`,
          { details: { promptId: id } },
        )
      }),
    )
  }

  async render(prompt: PromptVersion, variables: Readonly<Record<string, unknown>>): Promise<string> {
    const { renderPrompt } = await import('@holdfast/agents/prompts')
    return await renderPrompt(prompt, variables)
  }

  async #notFound(project: ProjectInfo, reference: string, name: string): Promise<WorkflowError> {
    const versions = await this.#store.listPromptVersions(project.id, name)
    const labels = await this.#store.listPromptLabels(project.id, name)
    const known = (await this.#store.listPrompts({ projectId: project.id, limit: 200 })).items.map(
      (row) => row.name,
    )
    const near = nearestName(name, known)
    const hint =
      versions.length > 0
        ? `It has the versions ${versions.map((row) => `${row.version} (${row.status})`).join(', ')} and ${labels.length === 0 ? 'no labels' : `the labels ${labels.map((row) => row.label).join(', ')}`}.`
        : near === null
          ? `Put it into .agent/prompts/${name}.md.`
          : `Did you mean ${near}?`
    return new WorkflowError(
      'PROMPT_NOT_FOUND',
      `There is no prompt "${reference}" in project ${project.name}. ${hint}`,
      {
        details: { prompt: reference, known },
      },
    )
  }
}

/** `name`, `name@label` or `name@3`. */
export function readReference(reference: string): PromptReference {
  const at = reference.lastIndexOf('@')
  if (at <= 0) return { name: reference }
  const [name, which] = [reference.slice(0, at), reference.slice(at + 1)]
  return { name, which: /^\d+$/.test(which) ? { version: Number(which) } : { label: which } }
}

async function versionOf(row: PromptRow): Promise<PromptVersion> {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    text: row.system_prompt_text,
    model: row.model_name,
    config: (row.generation_config ?? {}) as ModelConfig,
    variables: row.template_variables,
    output:
      row.output_schema === null
        ? null
        : { jsonSchema: row.output_schema, schema: await checkerOf(row.output_schema) },
  }
}

function invalid(
  name: string,
  { file, line, reason }: { readonly file: string; readonly line: number | null; readonly reason: string },
): WorkflowError {
  return new WorkflowError(
    'PROMPT_INVALID',
    `Prompt "${name}" cannot be used: ${file}:${line ?? 1} ${reason}.`,
    {
      details: { prompt: name, file, line },
    },
  )
}
