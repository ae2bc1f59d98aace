import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import type { ProcessRow, ProcessTable } from './ProcessTable.ts'

/** The process table of Linux, read from `/proc` (format: proc(5)). */
export const linuxProcessTable: ProcessTable = {
  find(pid) {
    try {
      return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    } catch {
      return null
    }
  },
  async list() {
    return await collect((pid) => readFile(`/proc/${pid}/stat`, 'latin1').then(parseStat))
  },
  async withVariable(name, value) {
    const wanted = Buffer.from(`\0${name}=${value}\0`)
    return await collect(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`)
      if (!Buffer.concat([NUL, environment, NUL]).includes(wanted)) return null
      return parseStat(await readFile(`/proc/${pid}/stat`, 'latin1'))
    })
  },
}

const NUL = Buffer.from([0])

/** Asks about every process; one that is gone by then, or belongs to somebody else, is left out. */
async function collect(look: (pid: string) => Promise<ProcessRow | null>): Promise<ProcessRow[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const rows = await Promise.all(pids.map((pid) => look(pid).catch(() => null)))
  return rows.filter((row) => row !== null)
}

/** The name of the program stands in parentheses and may hold any character, so fields count from the last one. */
function parseStat(stat: string): ProcessRow | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, parentPid, groupId] = fields
  const startTime = fields[19]
  if (state === undefined || startTime === undefined || state === 'Z' || state === 'X') return null
  return { pid: Number.parseInt(stat, 10), parentPid: Number(parentPid), groupId: Number(groupId), startTime }
}
