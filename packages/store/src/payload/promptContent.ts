import { isDeepStrictEqual } from 'node:util'
import type { Json } from '@holdfast/workflow-sdk/journal'
import type { PromptContent, PromptMarks, PromptRow } from '../contract/index.ts'
import { columnText, columnTextOrNull } from './text.ts'

/** The content of a version, with what a change gives in its place. */
export function contentOf(row: PromptRow, change: Partial<PromptContent>): PromptContent {
  const content: PromptContent = {
    systemPromptText: row.system_prompt_text,
    modelName: row.model_name,
    generationConfig: row.generation_config,
    templateVariables: row.template_variables,
    outputSchema: row.output_schema,
  }
  const given = Object.entries(change).filter(([name, value]) => name in content && value !== undefined)
  return { ...content, ...Object.fromEntries(given) }
}

/** Columns of a content, JSON as text. */
export function contentColumns(content: PromptContent) {
  return {
    system_prompt_text: columnText(content.systemPromptText),
    model_name: columnTextOrNull(content.modelName),
    generation_config: jsonOrNull(content.generationConfig),
    template_variables: jsonOrNull(content.templateVariables),
    output_schema: jsonOrNull(content.outputSchema),
  }
}

/** Whether a version has this content, in whatever order the keys of its JSON are. */
export function hasContent(row: PromptRow, content: PromptContent): boolean {
  return (
    row.system_prompt_text === columnText(content.systemPromptText) &&
    row.model_name === columnTextOrNull(content.modelName) &&
    isDeepStrictEqual(row.generation_config, content.generationConfig) &&
    isDeepStrictEqual(row.template_variables, content.templateVariables) &&
    isDeepStrictEqual(row.output_schema, content.outputSchema)
  )
}

/** Marks that differ from those of a version. */
export function changedMarks(
  row: PromptRow,
  { category, status }: Partial<PromptMarks>,
): Partial<PromptMarks> {
  const text = category === undefined ? undefined : columnTextOrNull(category)
  return {
    ...(text === undefined || text === row.category ? {} : { category: text }),
    ...(status === undefined || status === row.status ? {} : { status }),
  }
}

function jsonOrNull(value: Json): string | null {
  return value === null ? null : JSON.stringify(value)
}
