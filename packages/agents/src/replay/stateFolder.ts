import os from 'node:os'
import path from 'node:path'
import type { Environment } from '@holdfast/workspace'

/**
 * Where replayed sessions are kept, as a real agent keeps its own: `HOLDFAST_REPLAY_STATE`, else
 * `holdfast/replay` in the user's state folder (XDG base directories).
 */
export function replayStateFolder(environment: Environment): string {
  const chosen = environment['HOLDFAST_REPLAY_STATE']
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen)
  const state =
    environment['XDG_STATE_HOME'] ?? path.join(environment['HOME'] ?? os.homedir(), '.local', 'state')
  return path.join(state, 'holdfast', 'replay')
}
