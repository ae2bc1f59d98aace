import type { AgentReference } from '@holdfast/workflow-sdk'
import type { GeminiSettings } from '../author/gemini.ts'
import { textSettings } from '../programs/textSettings.ts'

const KNOWN = ['command', 'model'] as const satisfies readonly (keyof GeminiSettings)[]

/** Checks the settings of a reference. @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID`. */
export function geminiSettings(reference: AgentReference): GeminiSettings {
  return textSettings(reference, KNOWN)
}
