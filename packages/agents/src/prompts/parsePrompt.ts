import type { ModelConfig } from '@holdfast/workflow-sdk'
import type { Json } from '@holdfast/workflow-sdk/journal'
import { readFrontMatter, type Place } from './frontMatter.ts'
import { liquidIssue } from './liquid.ts'

/** Words that a prompt can be marked with. */
const STATUSES = ['draft', 'active', 'archived'] as const

/** A variable that a prompt declares. */
export interface PromptVariable {
  /** A type of JSON Schema; null: any. */
  readonly type: string | null
  readonly description?: string
  readonly default?: Json
  /** May be left out. */
  readonly optional?: boolean
}

/** What a prompt file says. */
export interface ParsedPrompt {
  readonly name: string
  readonly category: string | null
  readonly model: string | null
  readonly config: ModelConfig | null
  readonly variables: Readonly<Record<string, PromptVariable>> | null
  /** JSON Schema. */
  readonly output: Json
  readonly status: (typeof STATUSES)[number]
  /** The Liquid template. */
  readonly text: string
}

/** What is wrong with a prompt file, and where; lines count from 1. */
export interface PromptIssue extends Place {
  readonly reason: string
}

/**
 * Reads a prompt file: front matter in YAML between two lines `---`, then a Liquid template.
 * @param defaultName Name of a prompt that does not say its own.
 */
export async function parsePrompt(
  source: string,
  defaultName: string,
): Promise<{ readonly prompt: ParsedPrompt } | { readonly issue: PromptIssue }> {
  const read = await readFrontMatter(source)
  if ('issue' in read) return read
  const { fields, text, textLine } = read
  const prompt = {
    name: fields.name ?? defaultName,
    category: fields.category ?? null,
    model: fields.model ?? null,
    config: fields.config ?? null,
    variables: fields.variables ?? null,
    output: fields.output ?? null,
    status: fields.status ?? 'active',
    text,
  } as ParsedPrompt
  if (text.trim() === '') return { issue: { line: null, column: null, reason: 'the prompt has no text' } }
  const issue = await liquidIssue(text)
  if (issue === null) return { prompt }
  return { issue: { ...issue, line: issue.line === null ? textLine : issue.line + textLine - 1 } }
}
