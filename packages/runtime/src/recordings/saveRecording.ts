import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRunRecording, RECORDING_FILE, type RunRecording } from '@holdfast/agents/playback'
import { WorkflowError } from '@holdfast/workflow-sdk'
import { replaceFile } from '../files/replaceFile.ts'

/**
 * Writes a recording into a folder, in the place of an earlier one. Answers the path of its file.
 * @throws WorkflowError `FILE_OPERATION_FAILED` where something else stands there, or it cannot be written.
 */
export async function saveRecording(folder: string, recording: RunRecording): Promise<string> {
  const file = join(folder, RECORDING_FILE)
  const there = await readFile(file, 'utf8').catch(() => null)
  if (there !== null && !isRecording(there))
    throw failed(file, 'it holds something that is no recording; choose another folder with --out')
  try {
    await mkdir(folder, { recursive: true })
    await replaceFile(file, `${JSON.stringify(recording, null, 2)}\n`)
  } catch (error) {
    throw failed(file, error instanceof Error ? error.message : String(error))
  }
  return file
}

function isRecording(text: string): boolean {
  try {
    return isRunRecording(JSON.parse(text))
  } catch {
    return false
  }
}

function failed(file: string, why: string): WorkflowError {
  return new WorkflowError('FILE_OPERATION_FAILED', `${file} was not written: ${why}.`, {
    details: { path: file },
  })
}
