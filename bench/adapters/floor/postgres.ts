import { Pool } from 'pg'
import type { BenchAdapter } from '../../adapter.ts'
import { databaseUrlOf } from '../../services/databaseUrlOf.ts'
import type { ProgramInput, ProgramName } from '../../workloads/programs.ts'
import { floorEngine } from './floorEngine.ts'
import { OPEN, WAITING, type FloorStore } from './FloorStore.ts'
import { SharedStatement } from './SharedStatement.ts'

const SCHEMA = `
  create table if not exists runs(id text primary key, program text, input text, status int);
  create table if not exists steps(run text, number int, result text, primary key(run, number));`

/** The floor on PostgreSQL with its default durability; what gathers during a commit goes into the next. */
export const floorPostgres: BenchAdapter = {
  open: async (request) => floorEngine(await openStore(databaseUrlOf(request)), request.programs),
}

async function openStore(connectionString: string): Promise<FloorStore> {
  const pool = new Pool({ connectionString, max: 4 })
  // The server may end a connection that rests.
  pool.on('error', () => {})
  await pool.query(SCHEMA)
  const statement = new SharedStatement(pool)
  const number = async (sql: string): Promise<number> =>
    Number((await pool.query<{ number: string }>(sql)).rows[0]?.number)
  return {
    openRuns: async () => {
      const sql = `select id, program, input from runs where status = ${OPEN}`
      const { rows } = await pool.query<{ id: string; program: ProgramName; input: string }>(sql)
      return Promise.all(
        rows.map(async ({ id, program, input }) => {
          const steps = await pool.query<{ number: number; result: string }>(
            'select number, result from steps where run = $1',
            [id],
          )
          const results = new Map(steps.rows.map((row) => [row.number, row.result]))
          return { id, program, input: JSON.parse(input) as ProgramInput, results }
        }),
      )
    },
    addRun: (id, program, input) => statement.write('run', [id, program, JSON.stringify(input)]),
    addStep: (run, at, result) => statement.write('step', [run, at, result]),
    setStatus: (run, status) => statement.write('status', [run, status]),
    countWaiting: () => number(`select count(*) as number from runs where status = ${WAITING}`),
    bytes: () => number('select pg_database_size(current_database()) as number'),
    close: () => pool.end(),
  }
}
