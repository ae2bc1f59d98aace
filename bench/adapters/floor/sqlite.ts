import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type { BenchAdapter } from '../../adapter.ts'
import { folderBytes } from '../../measure/folderBytes.ts'
import type { ProgramInput, ProgramName } from '../../workloads/programs.ts'
import { floorEngine } from './floorEngine.ts'
import { OPEN, WAITING, type FloorStore } from './FloorStore.ts'
import { GroupCommit } from './GroupCommit.ts'

const SCHEMA = `
  create table if not exists runs(id text primary key, program text, input text, status int) without rowid;
  create table if not exists steps(run text, number int, result text, primary key(run, number)) without rowid;
  create index if not exists open_runs on runs(status) where status = ${OPEN};`

/** The floor on SQLite, with `synchronous=FULL`; the commits of one turn of the event loop are shared. */
export const floorSqlite: BenchAdapter = {
  open: ({ directory, programs }) => floorEngine(openStore(directory), programs),
}

function openStore(directory: string): FloorStore {
  const db = new DatabaseSync(join(directory, 'floor.db'))
  db.exec(`pragma journal_mode = wal; pragma synchronous = full; ${SCHEMA}`)
  const commits = new GroupCommit(db)
  const addRun = db.prepare(`insert into runs values(?, ?, ?, ${OPEN})`)
  const addStep = db.prepare('insert into steps values(?, ?, ?)')
  const setStatus = db.prepare('update runs set status = ? where id = ?')
  const waiting = db.prepare(`select count(*) as count from runs where status = ${WAITING}`)
  const openRuns = db.prepare(`select id, program, input from runs where status = ${OPEN}`)
  const results = db.prepare('select number, result from steps where run = ?')
  return {
    openRuns: async () =>
      openRuns.all().map((run) => ({
        id: run['id'] as string,
        program: run['program'] as ProgramName,
        input: JSON.parse(run['input'] as string) as ProgramInput,
        results: new Map(
          results
            .all(run['id'] as string)
            .map((row) => [row['number'] as number, row['result'] as string] as const),
        ),
      })),
    addRun: (id, program, input) => commits.write(addRun, id, program, JSON.stringify(input)),
    addStep: (run, number, result) => commits.write(addStep, run, number, result),
    setStatus: (run, status) => commits.write(setStatus, status, run),
    countWaiting: () => waiting.get()?.['count'] as number,
    bytes: () => {
      db.exec('pragma wal_checkpoint(truncate)')
      return folderBytes(directory)
    },
    close: async () => db.close(),
  }
}
