import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What tells one machine, and one boot of it, from others (W1). */
export interface HostIdentity {
  /** 32 hexadecimal characters, the same for every process of a machine. */
  readonly hostId: string
  /** Another text after every start of the machine. */
  readonly bootId: string
  /** Processes see each other's pids where this is equal; empty on systems without such spaces. */
  readonly pidNamespace: string
}

/**
 * The identity of this machine: a hash of `/etc/machine-id` (machine-id(5) asks not to hand out the id
 * itself), else an id that is made once and kept in `stateFolder`.
 */
export function hostIdentity(
  stateFolder: string = defaultStateFolder(),
  machineIdFile = '/etc/machine-id',
): HostIdentity {
  return {
    hostId: machineId(machineIdFile) ?? keptId(stateFolder),
    bootId: bootId(),
    pidNamespace: pidNamespace(),
  }
}

function machineId(file: string): string | null {
  const id = readText(file)
  if (id === null || !/^[0-9a-f]{32}$/.test(id)) return null
  return createHash('sha256').update(`holdfast:${id}`).digest('hex').slice(0, 32)
}

/** Two processes that make the id at the same moment both end up with the one that was written first. */
function keptId(folder: string): string {
  const file = join(folder, 'host-id')
  const kept = readText(file)
  if (kept !== null && kept !== '') return kept
  mkdirSync(folder, { recursive: true })
  try {
    writeFileSync(file, randomUUID().replaceAll('-', ''), { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8').trim()
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id') ?? bootTimeOfKernel() ?? 'unknown'
}

/** `{ sec = 1700000000, usec = 0 } …` on macOS and the BSDs. */
function bootTimeOfKernel(): string | null {
  try {
    const answer = execFileSync('sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8', stdio: 'pipe' })
    return /sec = (\d+)/.exec(answer)?.[1] ?? null
  } catch {
    return null
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function defaultStateFolder(): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'holdfast')
  return join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'holdfast')
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}
