import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { RECORDING_FILE, type RunRecording } from './format.ts'

/**
 * Reads a recording: its folder, or its file.
 * @throws WorkflowError `AGENT_RECORDING_INVALID`.
 */
export async function readRunRecording(location: string): Promise<RunRecording> {
  let value: unknown
  try {
    const file = (await stat(location)).isDirectory() ? path.join(location, RECORDING_FILE) : location
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw invalid(location, `cannot be read: ${why}. Make one with: holdfast record RUN --out ${location}`)
  }
  const issue = issueOf(value)
  if (issue !== null) throw invalid(location, `cannot be played: ${issue}`)
  return value as RunRecording
}

/** Whether something is a recording of a run. */
export function isRunRecording(value: unknown): boolean {
  return issueOf(value) === null
}

function issueOf(value: unknown): string | null {
  if (!isObject(value)) return 'it is no JSON object'
  if (value['holdfastRunRecording'] !== 1) return 'holdfastRunRecording must be 1, the version of the format'
  for (const list of ['agents', 'prompts']) {
    const steps = value[list]
    if (!Array.isArray(steps)) return `${list} must be a list`
    for (const [index, step] of steps.entries()) {
      const at = `${list}[${index}]`
      if (!isObject(step) || typeof step['key'] !== 'string') return `${at}.key must be a text`
      if (!isObject(step['end'])) return `${at}.end must be an object`
      if (!Array.isArray(step['usage'])) return `${at}.usage must be a list`
      const files = step['files'] ?? []
      if (!Array.isArray(files)) return `${at}.files must be a list`
      const outside = files.find(
        (file) => !isObject(file) || typeof file['path'] !== 'string' || !isInside(file['path']),
      )
      if (outside !== undefined) return `${at}.files has a path that leaves the workspace`
    }
  }
  return null
}

/** Links on the way are looked for when the file is written. */
function isInside(file: string): boolean {
  return !path.isAbsolute(file) && !file.split('/').some((part) => part === '..' || part === '.git')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(location: string, what: string): WorkflowError {
  return new WorkflowError('AGENT_RECORDING_INVALID', `The recording ${location} ${what}.`, {
    details: { location },
  })
}
