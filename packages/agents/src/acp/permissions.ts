import type { PermissionMode } from '@holdfast/workflow-sdk'
import { object, text, type Fields } from '../programs/fields.ts'

/** Kinds of tools that each mode lets run; `full` lets every one run. */
const ALLOWED: Readonly<Record<Exclude<PermissionMode, 'full'>, readonly string[]>> = {
  plan: ['read', 'search', 'think'],
  edit: ['read', 'search', 'think', 'edit', 'delete', 'move'],
}

/** An answer to `session/request_permission`. */
export interface PermissionAnswer {
  readonly outcome: Fields
  /** What was not allowed, in the agent's words; null when it was. */
  readonly denied: string | null
}

/**
 * Answers what an agent asks, by the mode of the step: what it names as the tool's kind decides, and a tool
 * whose name or kind stands in `allowedTools` runs in every mode. A tool that
 * names no kind is of the kind `other`.
 */
export function answerPermission(
  params: Fields,
  mode: PermissionMode,
  allowedTools: readonly string[],
): PermissionAnswer {
  const tool = object(params['toolCall']) ?? {}
  const kind = text(tool['kind']) ?? 'other'
  const words = [kind, text(tool['name']), text(tool['title'])]
  const allowed =
    mode === 'full' ||
    ALLOWED[mode].includes(kind) ||
    allowedTools.some((name) => words.some((word) => word === name))
  const kinds = allowed ? ['allow_once', 'allow_always'] : ['reject_once', 'reject_always']
  const options = Array.isArray(params['options']) ? params['options'].map(object) : []
  const chosen = kinds.map((of) => options.find((option) => option?.['kind'] === of)).find(Boolean)
  const outcome =
    chosen === undefined || chosen === null
      ? { outcome: 'cancelled' }
      : { outcome: 'selected', optionId: chosen['optionId'] }
  return { outcome, denied: allowed ? null : (text(tool['title']) ?? kind) }
}
