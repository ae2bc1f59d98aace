import type { Page, PageQuery } from './page.ts'
import type { PromptLabelRow, PromptRow } from './definitionRows.ts'
import type { Json } from './vocabulary.ts'

/** What makes a version of a prompt: a change of any of it is the next version. */
export interface PromptContent {
  readonly systemPromptText: string
  /** Null: the model of the project's config. */
  readonly modelName: string | null
  readonly generationConfig: Json
  readonly templateVariables: Json
  /** JSON Schema of the answer; null: text. */
  readonly outputSchema: Json
}

/** What is said about a prompt: it may change without a new version. */
export interface PromptMarks {
  readonly category: string | null
  readonly status: PromptRow['status']
}

/** A prompt as a file or a person gives it. */
export interface NewPrompt extends PromptContent, Partial<PromptMarks> {
  readonly projectId: string
  readonly name: string
  /** Relative to the project's root; null for prompts that live in the database. */
  readonly filePath: string | null
  /** Hash of the file or text that it was parsed from, so that an unchanged one is not parsed again. */
  readonly contentHash: string
}

/** Prompts with numbered versions that never change, and labels that point at one. */
export interface PromptStore {
  /**
   * Makes the next version when the content differs from the newest one; otherwise only takes over category,
   * status, path and hash, and renews `parsed_at`. Default status `active`, also of a next version.
   * @throws WorkflowError `RECORD_NOT_FOUND` for an unknown project.
   */
  registerPrompt(prompt: NewPrompt): Promise<{ readonly prompt: PromptRow; readonly isNew: boolean }>
  /** A version by its number or label; without either the newest that is active. */
  findPrompt(
    projectId: string,
    name: string,
    which?: { readonly version: number } | { readonly label: string },
  ): Promise<PromptRow | null>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getPrompt(id: string): Promise<PromptRow>
  /** By name, of each the newest version among those that match. `q` is a part of the name or the text. */
  listPrompts(
    query: PageQuery & {
      readonly projectId?: string
      readonly category?: string
      readonly status?: PromptRow['status']
      readonly q?: string
    },
  ): Promise<Page<PromptRow>>
  /** Every version, oldest first. */
  listPromptVersions(projectId: string, name: string): Promise<PromptRow[]>
  /**
   * Changes category or status in place. Another content makes the next version, with what is not given as in
   * this one. @throws WorkflowError `RECORD_NOT_FOUND`.
   */
  updatePrompt(
    id: string,
    change: Partial<PromptContent & PromptMarks>,
  ): Promise<{ readonly prompt: PromptRow; readonly isNew: boolean }>
  /** Removes one version and the labels on it. @throws WorkflowError `RECORD_NOT_FOUND`, `DEFINITION_IN_USE` while a node uses it. */
  deletePrompt(id: string): Promise<void>

  /** Lets a label point at a version, and no longer at another. @throws WorkflowError `RECORD_NOT_FOUND`. */
  setPromptLabel(label: {
    readonly projectId: string
    readonly name: string
    readonly label: string
    readonly version: number
  }): Promise<PromptLabelRow>
  /** By label. */
  listPromptLabels(projectId: string, name: string): Promise<PromptLabelRow[]>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  deletePromptLabel(projectId: string, name: string, label: string): Promise<void>
}
