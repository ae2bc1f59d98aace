import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import type { ProcessRow, ProcessTable } from './ProcessTable.ts'

const run = promisify(execFile)
const OPTIONS = {
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
  env: { ...process.env, LC_ALL: 'C' },
} as const
const COLUMNS = 'pid=,ppid=,pgid=,stat=,lstart='

/**
 * The process table where there is no `/proc`, from `ps`. Start times have a resolution of one second there.
 * @param environmentFlag The argument that makes `ps` print environments: `-E` on macOS, `e` elsewhere.
 */
export function psProcessTable(environmentFlag: '-E' | 'e'): ProcessTable {
  return {
    find(pid) {
      try {
        return (
          parse(execFileSync('ps', ['-o', COLUMNS, '-p', String(pid)], { ...OPTIONS, stdio: 'pipe' }))[0] ??
          null
        )
      } catch {
        // `ps` ends with 1 when no process has the pid.
        return null
      }
    },
    async list() {
      return parse((await run('ps', ['-A', '-o', COLUMNS], OPTIONS)).stdout)
    },
    async withVariable(name, value) {
      const { stdout } = await run('ps', ['-A', '-ww', environmentFlag, '-o', `${COLUMNS},command=`], OPTIONS)
      const lines = stdout.split('\n').filter((line) => `${line} `.includes(` ${name}=${value} `))
      return parse(lines.join('\n'))
    },
  }
}

const LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d{4})/

function parse(output: string): ProcessRow[] {
  return output.split('\n').flatMap((line) => {
    const [, pid, parentPid, groupId, state, startTime] = LINE.exec(line) ?? []
    if (state === undefined || startTime === undefined || state.startsWith('Z')) return []
    return [{ pid: Number(pid), parentPid: Number(parentPid), groupId: Number(groupId), startTime }]
  })
}
