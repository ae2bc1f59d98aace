import { hash } from 'node:crypto'
import type { TransferRecord, TransferredRow, TransferStore, TransferSummary } from '../contract/index.ts'
import type { FactSource } from '../projection/Known.ts'
import type { RunFold } from '../projection/RunFold.ts'
import {
  exportRows,
  exportRuns,
  importRow,
  isEmptyStore,
  ROWS_AFTER_RUNS,
  ROWS_BEFORE_RUNS,
} from '../sql/transfer.ts'
import { differences, Digest } from '../transfer/Digest.ts'
import { blobCorrupt, copyDiffers, notEmpty } from '../transfer/errors.ts'
import { finishRebuilt, rebuildRun, withoutLostSessions } from '../transfer/rebuildRun.ts'
import type { PendingRun } from '../projection/RunFold.ts'
import { readColumns, type Columns } from './Columns.ts'
import { translate } from './errors.ts'
import { closed } from './GroupCommit.ts'
import { readEvents } from './readEvents.ts'
import { runScript } from './scriptRunner.ts'
import { Session } from './Session.ts'
import type { StoreParts } from './StoreParts.ts'
import { writeRuns } from './writeRuns.ts'

/** Most rows, runs or events that are read at once. */
const CHUNK = 500

/** The calls of {@link TransferStore} on PostgreSQL: each is one transaction, which sees one moment. */
export function transferCalls(parts: StoreParts): TransferStore {
  return {
    exportRecords: async function* () {
      if (parts.isClosed) throw closed(parts.what)
      let session: Session | null = null
      try {
        session = await Session.from(parts.pool)
        await session.send({ text: 'begin isolation level repeatable read read only' })
        await session.send({ text: PATIENT })
        yield* exported(session)
      } catch (error) {
        throw translate(error, parts.what)
      } finally {
        session?.release('undone with its connection')
      }
    },
    importRecords: async (records) => {
      if (parts.isClosed) throw closed(parts.what)
      let session: Session | null = null
      try {
        session = await Session.from(parts.pool)
        await session.send({ text: 'begin' })
        await session.send({ text: PATIENT })
        // Two copies into one store come one after the other; the second finds it not empty.
        await session.rows('select pg_advisory_xact_lock($1)', parts.address.lockKey)
        const summary = await take(parts, session, records)
        await session.send({ text: 'commit' })
        return summary
      } catch (error) {
        throw translate(error, parts.what)
      } finally {
        session?.release('undone with its connection')
      }
    },
  }
}

/** A copy waits for the other store between its statements. */
const PATIENT = 'set local idle_in_transaction_session_timeout = 0'

async function* exported(session: Session): AsyncGenerator<TransferRecord> {
  for (const table of ROWS_BEFORE_RUNS) yield* rowsOf(session, table)
  for (let last = ''; ;) {
    const [blob] = await session.rows<{ hash: string; bytes: Uint8Array }>(NEXT_BLOB, last)
    if (blob === undefined) break
    yield { table: 'blobs', ...blob }
    last = blob.hash
  }
  for (let after = ''; ;) {
    const runs = await runScript(session, exportRuns(after, CHUNK))
    for (const run of runs) {
      for (let sequence = 0; sequence < run.lastSequence;) {
        const events = await readEvents(session, run.id, sequence, CHUNK)
        yield { table: 'workflow_events', runId: run.id, events }
        sequence = events.at(-1)?.sequence ?? run.lastSequence
      }
      yield { table: 'workflow_runs', run }
    }
    const last = runs.at(-1)
    if (last === undefined) break
    after = last.id
  }
  for (const table of ROWS_AFTER_RUNS) yield* rowsOf(session, table)
}

async function* rowsOf(session: Session, table: TransferredRow['table']): AsyncGenerator<TransferredRow> {
  for (let after: TransferredRow | null = null; ;) {
    const rows: TransferredRow[] = await runScript(session, exportRows(table, after, CHUNK))
    yield* rows
    after = rows.at(-1) ?? null
    if (after === null) break
  }
}

/** Writes records into an empty schema, reads everything back and compares. */
async function take(
  parts: StoreParts,
  session: Session,
  records: AsyncIterable<TransferRecord>,
): Promise<TransferSummary> {
  if (!(await runScript(session, isEmptyStore()))) throw notEmpty(parts.what)
  const columns = await readColumns(parts.pool, parts.address.schema)
  const came = new Digest()
  const sessions = new Set<string>()
  let fold: RunFold | null = null
  for await (const record of records) {
    came.add(record)
    switch (record.table) {
      case 'blobs': {
        if (hash('sha256', record.bytes) !== record.hash) throw blobCorrupt(record.hash)
        const bytes = Buffer.from(record.bytes)
        const now = new Date(parts.clock.local()).toISOString()
        await session.rows(PUT_BLOB, record.hash, bytes, bytes.byteLength, now)
        break
      }
      case 'workflow_events':
        fold = rebuildRun(fold, record.runId, record.events, NOTHING_BEFORE)
        await write(session, columns, withoutLostSessions(fold.take(true), sessions))
        break
      case 'workflow_runs':
        await write(session, columns, finishRebuilt(fold, record.run).take(true))
        fold = null
        break
      default:
        if (record.table === 'sessions') sessions.add(record.row.id)
        await runScript(session, importRow(record), true)
    }
  }
  const read = new Digest()
  for await (const record of exported(session)) read.add(record)
  const summary = read.summary()
  const differing = differences(came.summary(), summary)
  if (differing.length > 0) throw copyDiffers(parts.what, differing)
  return summary
}

async function write(session: Session, columns: Columns, pending: PendingRun): Promise<void> {
  await Promise.all(writeRuns(columns, [pending]).map((statement) => session.send(statement)))
}

/** A run that is built from its first event on knows everything about itself. */
const NOTHING_BEFORE: FactSource = {
  step: () => null,
  openSteps: () => [],
  lastStepId: () => null,
  runningSession: () => null,
  runningSessions: () => [],
  approval: () => null,
  openApprovals: () => [],
  hasUsage: () => false,
}

const NEXT_BLOB = 'select hash, bytes from blobs where hash > $1 order by hash limit 1'
const PUT_BLOB = 'insert into blobs (hash, bytes, size_bytes, created_at) values ($1, $2, $3, $4)'
