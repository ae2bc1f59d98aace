import { hash } from 'node:crypto'
import type { TransferRecord, TransferredRow, TransferStore, TransferSummary } from '../contract/index.ts'
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
import { Connection } from './Connection.ts'
import { translate } from './errors.ts'
import { sqliteFacts } from './factSource.ts'
import { closed } from './GroupCommit.ts'
import { readEvents } from './readEvents.ts'
import { RowWriter } from './RowWriter.ts'
import { runScript } from './runScript.ts'
import type { StoreParts } from './StoreParts.ts'

/** Most rows, runs or events that are read at once. */
const CHUNK = 500

/**
 * The calls of {@link TransferStore} on SQLite. A file is read and written in a transaction of a connection of
 * its own; a database in memory has one connection, so there other writes wait.
 */
export function transferCalls(parts: StoreParts): TransferStore {
  return {
    exportRecords: async function* () {
      if (parts.isClosed) throw closed(parts.what)
      const { connection, release } = await separate(parts)
      try {
        connection.exec('begin')
        yield* exported(connection)
      } catch (error) {
        throw translate(error, parts.what)
      } finally {
        release()
      }
    },
    importRecords: async (records) => {
      if (parts.isClosed) throw closed(parts.what)
      const { connection, release } = await separate(parts)
      try {
        connection.exec('begin immediate')
        const summary = await take(parts, connection, records)
        connection.exec('commit')
        parts.files.look()
        return summary
      } catch (error) {
        throw translate(error, parts.what)
      } finally {
        release()
      }
    },
  }
}

interface Separate {
  readonly connection: Connection
  /** Undoes what was not committed, and ends the use of the connection. */
  readonly release: () => void
}

async function separate({ path, connection, commit, busyTimeoutMs }: StoreParts): Promise<Separate> {
  if (path !== ':memory:') {
    const own = new Connection(path, { busyTimeoutMs })
    return { connection: own, release: () => own.close() }
  }
  const resume = await commit.hold()
  return {
    connection,
    release: () => {
      if (connection.database.isTransaction) connection.exec('rollback')
      resume()
    },
  }
}

function* exported(connection: Connection): Generator<TransferRecord> {
  for (const table of ROWS_BEFORE_RUNS) yield* rowsOf(connection, table)
  for (let last = ''; ;) {
    const blob = connection.get<{ hash: string; bytes: Uint8Array }>(NEXT_BLOB, last)
    if (blob === null) break
    yield { table: 'blobs', ...blob }
    last = blob.hash
  }
  for (let after = ''; ;) {
    const runs = runScript(connection, exportRuns(after, CHUNK))
    for (const run of runs) {
      for (let sequence = 0; sequence < run.lastSequence;) {
        const events = readEvents(connection, run.id, sequence, CHUNK)
        yield { table: 'workflow_events', runId: run.id, events }
        sequence = events.at(-1)?.sequence ?? run.lastSequence
      }
      yield { table: 'workflow_runs', run }
    }
    const last = runs.at(-1)
    if (last === undefined) break
    after = last.id
  }
  for (const table of ROWS_AFTER_RUNS) yield* rowsOf(connection, table)
}

function* rowsOf(connection: Connection, table: TransferredRow['table']): Generator<TransferredRow> {
  for (let after: TransferredRow | null = null; ;) {
    const rows: TransferredRow[] = runScript(connection, exportRows(table, after, CHUNK))
    yield* rows
    after = rows.at(-1) ?? null
    if (after === null) break
  }
}

/** Writes records into an empty database, reads everything back and compares. */
async function take(
  parts: StoreParts,
  connection: Connection,
  records: AsyncIterable<TransferRecord>,
): Promise<TransferSummary> {
  if (!runScript(connection, isEmptyStore())) throw notEmpty(parts.what)
  const source = sqliteFacts(connection)
  const writer = new RowWriter(connection)
  const came = new Digest()
  const sessions = new Set<string>()
  let fold: RunFold | null = null
  for await (const record of records) {
    came.add(record)
    switch (record.table) {
      case 'blobs':
        if (hash('sha256', record.bytes) !== record.hash) throw blobCorrupt(record.hash)
        connection.run(
          PUT_BLOB,
          record.hash,
          record.bytes,
          record.bytes.byteLength,
          new Date(parts.now()).toISOString(),
        )
        break
      case 'workflow_events':
        fold = rebuildRun(fold, record.runId, record.events, source)
        writer.write(withoutLostSessions(fold.take(), sessions))
        break
      case 'workflow_runs':
        writer.write(finishRebuilt(fold, record.run).take())
        fold = null
        break
      default:
        if (record.table === 'sessions') sessions.add(record.row.id)
        runScript(connection, importRow(record))
    }
  }
  const read = new Digest()
  for (const record of exported(connection)) read.add(record)
  const summary = read.summary()
  const differing = differences(came.summary(), summary)
  if (differing.length > 0) throw copyDiffers(parts.what, differing)
  return summary
}

const NEXT_BLOB = 'select hash, bytes from blobs where hash > ? order by hash limit 1'
const PUT_BLOB = 'insert into blobs (hash, bytes, size_bytes, created_at) values (?, ?, ?, ?)'
