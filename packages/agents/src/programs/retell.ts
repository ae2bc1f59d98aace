import { createReadStream, existsSync } from 'node:fs'
import type { AgentActivity, AgentObserver } from '@holdfast/workflow-sdk/ports'
import { readLines } from './lines.ts'

/** Takes the lines of a session file, as the adapter's stream takes those of the program. */
export interface Retold {
  accept(line: string): unknown
  /** The file has ended. */
  end?(): void
}

/**
 * What a session file says and tells of tools, oldest first, by the stream that reads the program's events. A file
 * that is not there says nothing.
 */
export async function retell(
  file: string,
  streamTo: (observer: AgentObserver) => Retold,
): Promise<readonly AgentActivity[]> {
  const activities: AgentActivity[] = []
  if (!existsSync(file)) return activities
  const stream = streamTo({
    onSession: () => {},
    onModel: () => {},
    onProcess: () => {},
    onUsage: () => {},
    onDelivered: () => {},
    onActivity: (activity) => void activities.push(activity),
  })
  for await (const line of readLines(createReadStream(file))) stream.accept(line)
  stream.end?.()
  return activities
}
