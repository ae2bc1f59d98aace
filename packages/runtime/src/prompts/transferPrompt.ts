import { hash } from 'node:crypto'
import type { ParsedPrompt } from '@holdfast/agents/prompts'
import type { IWorkflowStore, PromptRow } from '@holdfast/store/contract'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { ProjectInfo } from '@holdfast/workflow-sdk/ports'
import { discoverPrompts, registerParsed } from './discoverPrompts.ts'
import { schemaIssue } from './schema.ts'

/** A version of a prompt as the file that would make it. */
export async function exportPrompt(row: PromptRow): Promise<string> {
  const { formatPrompt } = await import('@holdfast/agents/prompts')
  return await formatPrompt({
    name: row.name,
    category: row.category,
    model: row.model_name,
    config: row.generation_config as ParsedPrompt['config'],
    variables: row.template_variables as unknown as ParsedPrompt['variables'],
    output: row.output_schema,
    status: row.status,
    text: row.system_prompt_text,
  })
}

/**
 * Keeps the prompt that a text describes in the store alone, without a file in the project.
 * @param from What the text is called in messages.
 * @param defaultName Name of a prompt that does not say its own.
 * @throws WorkflowError `PROMPT_INVALID` with line and reason; `RECORD_CONFLICT` where a file of the project has the prompt.
 */
export async function importPrompt(
  store: IWorkflowStore,
  project: ProjectInfo,
  {
    source,
    from,
    defaultName,
  }: { readonly source: string; readonly from: string; readonly defaultName: string },
): Promise<{ readonly name: string; readonly version: number; readonly isNew: boolean }> {
  const { parsePrompt } = await import('@holdfast/agents/prompts')
  const parsed = await parsePrompt(source, defaultName)
  if ('issue' in parsed) throw invalid(from, parsed.issue.line, parsed.issue.reason)
  const reason = await schemaIssue(parsed.prompt.output)
  if (reason !== null) throw invalid(from, null, reason)
  const { name } = parsed.prompt
  const { prompts } = await discoverPrompts(store, project)
  const file = prompts.find((one) => one.name === name)?.file
  if (file !== undefined)
    throw new WorkflowError(
      'RECORD_CONFLICT',
      `Prompt "${name}" comes from ${file}, which would take its place again. Change that file.`,
      {
        details: { prompt: name, file },
      },
    )
  return {
    name,
    ...(await registerParsed(store, project.id, null, {
      prompt: parsed.prompt,
      contentHash: hash('sha256', source),
    })),
  }
}

function invalid(from: string, line: number | null, reason: string): WorkflowError {
  return new WorkflowError('PROMPT_INVALID', `${from}:${line ?? 1} cannot be imported: ${reason}.`, {
    details: { file: from, line },
  })
}
