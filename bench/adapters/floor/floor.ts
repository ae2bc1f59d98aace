import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type { BenchAdapter } from '../../adapter.ts'
import { folderBytes } from '../../measure/folderBytes.ts'
import type { BenchContext, ProgramInput, ProgramName } from '../../workloads/programs.ts'
import { GroupCommit } from './GroupCommit.ts'

const OPEN = 0
const WAITING = 1
const DONE = 2

const SCHEMA = `
  create table if not exists runs(id text primary key, program text, input text, status int) without rowid;
  create table if not exists steps(run text, number int, result text, primary key(run, number)) without rowid;
  create index if not exists open_runs on runs(status) where status = ${OPEN};`

/**
 * The practical limit: it does only what no durable engine can leave out. One row per finished step, committed
 * with `synchronous=FULL`, the commits of one turn of the event loop shared. No retries, waits, events or views.
 */
export const floor: BenchAdapter = {
  open: async ({ directory, programs }) => {
    const db = new DatabaseSync(join(directory, 'floor.db'))
    db.exec(`pragma journal_mode = wal; pragma synchronous = full; ${SCHEMA}`)
    const commits = new GroupCommit(db)
    const addRun = db.prepare(`insert into runs values(?, ?, ?, ${OPEN})`)
    const addStep = db.prepare('insert into steps values(?, ?, ?)')
    const setStatus = db.prepare('update runs set status = ? where id = ?')
    const waiting = db.prepare(`select count(*) as count from runs where status = ${WAITING}`)
    let started = 0
    let busy = 0

    const execute = async (
      id: string,
      name: ProgramName,
      input: ProgramInput,
      memo: Map<number, string>,
    ): Promise<void> => {
      let number = 0
      const ctx: BenchContext = {
        step: async (_name, body) => {
          const own = number++
          const known = memo.get(own)
          if (known !== undefined) return JSON.parse(known)
          const value = await body()
          await commits.write(addStep, id, own, JSON.stringify(value))
          return value
        },
        sleep: async (milliseconds) => {
          await commits.write(addStep, id, number++, String(Date.now() + milliseconds))
          await commits.write(setStatus, WAITING, id)
          busy--
          await new Promise(() => {})
        },
      }
      busy++
      await programs[name](ctx, input)
      await commits.write(setStatus, DONE, id)
      busy--
    }

    for (const run of db.prepare(`select id, program, input from runs where status = ${OPEN}`).all()) {
      const rows = db.prepare('select number, result from steps where run = ?').all(run['id'] as string)
      const memo = new Map(rows.map((row) => [row['number'] as number, row['result'] as string]))
      const input = JSON.parse(run['input'] as string) as ProgramInput
      void execute(run['id'] as string, run['program'] as ProgramName, input, memo)
    }
    return {
      start: async (name, input) => {
        const id = `${process.pid}-${started++}`
        await commits.write(addRun, id, name, JSON.stringify(input))
        void execute(id, name, input, new Map())
      },
      busy: () => busy,
      countWaiting: () => waiting.get()?.['count'] as number,
      storeBytes: () => {
        db.exec('pragma wal_checkpoint(truncate)')
        return folderBytes(directory)
      },
      close: async () => db.close(),
    }
  },
}
