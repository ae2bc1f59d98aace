import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { recordingIssues } from './checkRecording.ts'
import type { Recording, RecordingRule } from './recording.ts'

/** A rule and where it stands. */
export interface LoadedRule {
  readonly rule: RecordingRule
  /** Path of its file. */
  readonly file: string
  /** Place in the file, from 0. */
  readonly index: number
}

/**
 * The rules of a recording file, or of all `.json` files of a folder in the order of their names.
 * @throws WorkflowError `AGENT_RECORDING_INVALID` naming every place that is wrong.
 */
export async function loadRecording(location: string): Promise<readonly LoadedRule[]> {
  const files = await filesOf(location)
  const rules: LoadedRule[] = []
  for (const file of files) {
    const { rules: found } = await readRecording(file)
    rules.push(...found.map((rule, index) => ({ rule, file, index })))
  }
  return rules
}

async function filesOf(location: string): Promise<readonly string[]> {
  try {
    if (!(await stat(location)).isDirectory()) return [location]
    const names = (await readdir(location)).filter((name) => name.endsWith('.json')).toSorted()
    if (names.length > 0) return names.map((name) => path.join(location, name))
  } catch (error) {
    throw invalid(
      `There is no recording at ${location}. Correct the path in replay({ recording }).`,
      { location },
      error,
    )
  }
  throw invalid(`The folder ${location} holds no recording: no file in it ends in ".json".`, { location })
}

async function readRecording(file: string): Promise<Recording> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw invalid(`The recording ${file} cannot be read: ${why}`, { location: file }, error)
  }
  const issues = recordingIssues(value)
  if (issues.length > 0) {
    const list = issues.map(({ at, problem }) => `${at === '' ? 'it' : at} ${problem}`).join('; ')
    throw invalid(`The recording ${file} cannot be played: ${list}.`, { location: file, issues })
  }
  return value as Recording
}

function invalid(
  message: string,
  details: Readonly<Record<string, unknown>>,
  cause?: unknown,
): WorkflowError {
  return new WorkflowError('AGENT_RECORDING_INVALID', message, {
    details,
    ...(cause === undefined ? {} : { cause }),
  })
}
