import { setTimeout as delay } from 'node:timers/promises'
import { processTable } from './thisProcessTable.ts'

/** How long a process that was asked to end may take before it is killed, in milliseconds. */
export const KILL_AFTER_MS = 5000

/** A killed process can stay in the kernel (a dead disk, a debugger); nobody waits longer than this for it. */
const GIVE_UP_AFTER_MS = 10_000

/**
 * Ends a process group: SIGTERM, after `killAfterMs` SIGKILL. Resolves when none of its processes lives any
 * more; a group that is gone already is fine.
 */
export async function endGroup(
  groupId: number,
  options: { readonly killAfterMs?: number } = {},
): Promise<void> {
  if (!(await groupLives(groupId))) return
  signalGroup(groupId, 'SIGTERM')
  if (await goneWithin(groupId, options.killAfterMs ?? KILL_AFTER_MS)) return
  signalGroup(groupId, 'SIGKILL')
  await goneWithin(groupId, GIVE_UP_AFTER_MS)
}

async function goneWithin(groupId: number, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs
  for (let pauseMs = 2; await groupLives(groupId); pauseMs = Math.min(pauseMs * 2, 50)) {
    if (performance.now() >= end) return false
    await delay(Math.min(pauseMs, Math.max(1, end - performance.now())))
  }
  return true
}

/** A group whose last processes have ended but were never collected by their parent still takes signals. */
async function groupLives(groupId: number): Promise<boolean> {
  if (!signalGroup(groupId, 0)) return false
  return (await processTable.list()).some((row) => row.groupId === groupId)
}

/** Whether there was a group to signal. */
function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-groupId, signal)
    return true
  } catch (error) {
    // EPERM: there are processes, but they belong to somebody else by now (a program that changed its user).
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
