import type { StoreChange } from '../contract/index.ts'
import type { Statement } from './Session.ts'

/** Most characters of a notice; the server refuses 8,000 bytes and more. */
const MOST = 7000

/** The statement that tells listeners, when the transaction commits, which runs it changed. */
export function noticeOf(
  { channel, sender }: { readonly channel: string; readonly sender: string },
  changed: ReadonlyMap<string, number>,
): Statement {
  const full = JSON.stringify([sender, ...[...changed].flat()])
  // Of too many, or of ids that are no plain text, it is only told that there was a change.
  const text = full.length <= MOST && /^[ -~]*$/.test(full) ? full : JSON.stringify([sender])
  return { text: 'select pg_notify($1, $2)', values: [channel, text] }
}

/** What a notice says, unless this process sent it; `runId` null: something changed. */
export function readNotice(text: string, self: string): StoreChange[] {
  let parts: unknown
  try {
    parts = JSON.parse(text)
  } catch {
    return [{ runId: null, sequence: 0 }]
  }
  const [sender, ...pairs] = parts as [string, ...(string | number)[]]
  if (sender === self) return []
  if (pairs.length === 0) return [{ runId: null, sequence: 0 }]
  const changes: StoreChange[] = []
  for (let i = 0; i < pairs.length; i += 2)
    changes.push({ runId: String(pairs[i]), sequence: Number(pairs[i + 1]) })
  return changes
}
