import { readFileSync, readlinkSync } from 'node:fs'

/** What tells one process from all others, as far as this system can say. */
export interface ProcessMark {
  readonly pid: number
  /** Start time as the kernel gives it; null where it cannot be asked for. */
  readonly startTime: string | null
  /** Another text after every start of the machine; null where it cannot be asked for. */
  readonly bootId: string | null
  /** Processes see each other's pids where this is equal; empty on systems without such spaces. */
  readonly pidNamespace: string
}

/** The mark of this process. */
export function thisProcess(): ProcessMark {
  return {
    pid: process.pid,
    startTime: startTimeOf(process.pid),
    bootId: readText('/proc/sys/kernel/random/boot_id'),
    pidNamespace: namespace(),
  }
}

/**
 * Whether a process is there: `unknown` when it may be one that cannot be seen from here, in another pid
 * namespace or on another machine that shares the disk.
 */
export function lookAt(mark: ProcessMark): 'alive' | 'dead' | 'unknown' {
  const self = thisProcess()
  if (mark.bootId !== self.bootId || mark.pidNamespace !== self.pidNamespace) return 'unknown'
  if (mark.startTime !== null) return startTimeOf(mark.pid) === mark.startTime ? 'alive' : 'dead'
  try {
    process.kill(mark.pid, 0)
    return 'alive'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'dead' : 'alive'
  }
}

/**
 * Field 22 of /proc/PID/stat (proc(5)); null for a process that is gone or has ended. The name of the program
 * stands in parentheses and may hold any character, so fields count from the last one.
 */
function startTimeOf(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === null) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  return state === 'Z' || state === 'X' ? null : (fields[19] ?? null)
}

function namespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    return null
  }
}
