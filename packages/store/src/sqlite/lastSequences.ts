import type { JournalStore } from '../contract/index.ts'
import type { StoreParts } from './StoreParts.ts'

/**
 * Answers what is asked for in one turn with one query: a worker looks after all its runs at once whenever
 * another process has written, and may have ten thousand.
 */
export function lastSequences(parts: StoreParts): JournalStore['lastSequence'] {
  let asked: string[] = []
  let answers: Promise<ReadonlyMap<string, number>> | null = null
  const answer = (): Promise<ReadonlyMap<string, number>> => {
    const ids = asked
    asked = []
    answers = null
    return parts.read(() => {
      const rows = parts.connection.all<{ id: string; last: number }>(LAST_SEQUENCES, JSON.stringify(ids))
      return new Map(rows.map(({ id, last }) => [id, last]))
    })
  }
  return async (runId) => {
    asked.push(runId)
    answers ??= Promise.resolve().then(answer)
    return (await answers).get(runId) ?? 0
  }
}

const LAST_SEQUENCES = `select id, last_sequence as last from workflow_runs
  where id in (select value from json_each(?))`
