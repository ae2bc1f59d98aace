import { WorkflowError, type AgentReference } from '@holdfast/workflow-sdk'
import type { ReplaySettings } from '../author/replay.ts'

const KNOWN = ['recording', 'timeScale'] as const satisfies readonly (keyof ReplaySettings)[]

/** Checks the settings of a reference. @throws WorkflowError `OPTION_UNKNOWN`, `OPTION_INVALID`. */
export function replaySettings(reference: AgentReference): Required<ReplaySettings> {
  const settings = reference.settings ?? {}
  const unknown = Object.keys(settings).find((name) => !(KNOWN as readonly string[]).includes(name))
  if (unknown !== undefined) {
    throw new WorkflowError(
      'OPTION_UNKNOWN',
      `The agent replay has no setting "${unknown}". It knows: ${KNOWN.join(', ')}.`,
      {
        details: { agent: 'replay', setting: unknown, known: KNOWN },
      },
    )
  }
  const { recording, timeScale = 0.1 } = settings
  if (typeof recording !== 'string' || recording === '') {
    throw invalid(
      'recording',
      'The agent replay needs a recording: replay({ recording: "path/to/recording.json" }).',
    )
  }
  if (typeof timeScale !== 'number' || !Number.isFinite(timeScale) || timeScale < 0) {
    throw invalid('timeScale', `timeScale is ${JSON.stringify(timeScale)}; it must be a number from 0.`)
  }
  return { recording, timeScale }
}

function invalid(setting: string, message: string): WorkflowError {
  return new WorkflowError('OPTION_INVALID', message, { details: { agent: 'replay', setting } })
}
