import { hash } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import type { TransferRecord, TransferredRow, TransferStore, TransferSummary } from '../contract/index.ts'
import { differences, Digest } from '../transfer/Digest.ts'
import { blobCorrupt, copyDiffers, notEmpty } from '../transfer/errors.ts'
import { closed, translate } from './errors.ts'
import { exportRecords } from './exportRecords.ts'
import { replaceDurably } from './io.ts'
import { Layout } from './layout.ts'
import { LogLines } from './LogLines.ts'
import type { Member } from './Member.ts'
import { Records } from './Records.ts'
import { Runs } from './Runs.ts'
import { StagedRows } from './StagedRows.ts'
import { StagedRun } from './StagedRun.ts'

/**
 * The calls of {@link TransferStore} on files. What is taken over is built beside the store, read back, and then
 * moved in as one change (FS4); other writes wait meanwhile.
 */
export function transferCalls(member: Member): TransferStore {
  return {
    exportRecords: async function* () {
      if (member.isClosed) throw closed(member.what)
      try {
        yield* exportRecords(member)
      } catch (error) {
        throw translate(error, member.what)
      }
    },
    importRecords: async (records) =>
      await member.alone(async (adopt) => {
        if (!isEmpty(member)) throw notEmpty(member.what)
        const staging = new Layout(member.layout.incoming)
        try {
          const summary = await take(member, staging, records)
          await adopt()
          return summary
        } catch (error) {
          rmSync(staging.root, { recursive: true, force: true })
          throw error
        }
      }),
  }
}

function isEmpty({ layout, records, runs }: Member): boolean {
  const hasBlob = statNames(layout.blobs).length > 0
  return records.list('projects').length === 0 && runs.all().length === 0 && !hasBlob
}

function statNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Writes records into a folder of their own, reads everything back and compares. */
async function take(
  member: Member,
  staging: Layout,
  records: AsyncIterable<TransferRecord>,
): Promise<TransferSummary> {
  rmSync(staging.root, { recursive: true, force: true })
  await mkdir(staging.own, { recursive: true })
  const came = new Digest()
  const rows = new StagedRows(staging)
  let run: StagedRun | null = null
  for await (const record of records) {
    came.add(record)
    switch (record.table) {
      case 'blobs':
        if (hash('sha256', record.bytes) !== record.hash) throw blobCorrupt(record.hash)
        await replaceDurably(staging.blob(record.hash), record.bytes)
        break
      case 'workflow_events':
        run ??= new StagedRun()
        run.add(record.runId, record.events)
        break
      case 'workflow_runs':
        await (run ?? new StagedRun()).write(staging, record.run, rows)
        run = null
        break
      default:
        rows.add(record satisfies TransferredRow)
    }
  }
  await rows.write()
  const read = new Digest()
  const parts = {
    layout: staging,
    runs: new Runs(staging),
    records: new Records(staging),
    logs: new LogLines(staging),
  }
  for (const record of exportRecords(parts)) read.add(record)
  const summary = read.summary()
  const differing = differences(came.summary(), summary)
  if (differing.length > 0) throw copyDiffers(member.what, differing)
  return summary
}
