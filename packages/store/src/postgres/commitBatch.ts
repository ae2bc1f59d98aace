import { setTimeout as delay } from 'node:timers/promises'
import { WorkflowError } from '@holdfast/workflow-sdk'
import type { Pool } from 'pg'
import type { Batch } from './Batch.ts'
import { isAway } from './errors.ts'
import { noticeOf } from './notices.ts'
import type { Session, Statement } from './Session.ts'

/** What committing takes. */
export interface Committing {
  readonly session: Session
  readonly batch: Batch
  /** Number of the transaction in the server. */
  readonly xid: string
  readonly pool: Pool
  /** Text for messages. */
  readonly what: string
  readonly retryForMs: number
  readonly notice: { readonly channel: string; readonly sender: string }
}

/**
 * Writes a batch and commits it. Answers the runs that changed with their last sequences; null when there was
 * nothing to write. A connection that is lost on the way leaves it open whether the commit arrived: the server is
 * asked, and the failure is thrown only when the transaction is undone for sure.
 * @throws WorkflowError `STORE_UNAVAILABLE` when the server does not come back to say so.
 */
export async function commitBatch(commit: Committing): Promise<ReadonlyMap<string, number> | null> {
  const { session, batch, notice } = commit
  if (!batch.isDirty) {
    await session.send({ text: 'rollback' })
    return null
  }
  const { changed } = batch
  const statements = batch.takeStatements()
  if (changed.size > 0) statements.push(noticeOf(notice, changed))
  try {
    await sendAll(session, statements)
  } catch (error) {
    if (!isAway(error) || !(await isCommitted(commit, batch.mark, error))) throw error
  }
  return changed
}

/** Sends everything and the commit in one go. @throws the first failure: the server undoes the rest. */
async function sendAll(session: Session, statements: readonly Statement[]): Promise<void> {
  const sent = statements.map((statement) => session.send(statement))
  const commit = session.send({ text: 'commit' })
  await Promise.all(sent)
  await commit
}

/** Whether a transaction whose connection was lost went in, which only the server knows. */
export async function isCommitted(
  { pool, xid, what, retryForMs }: Pick<Committing, 'pool' | 'xid' | 'what' | 'retryForMs'>,
  mark: Batch['mark'],
  lost: unknown,
): Promise<boolean> {
  const giveUpAt = performance.now() + retryForMs
  for (let tries = 1; performance.now() < giveUpAt; tries++) {
    try {
      const status = await statusOf(pool, xid)
      if (status === 'aborted') return false
      // After a crash of the server the number may belong to another transaction: what was written says whose.
      if (status === 'committed') return await isThere(pool, xid, mark)
    } catch (error) {
      if (!isAway(error)) throw error
    }
    await delay(Math.min(20 * tries, 500))
  }
  throw new WorkflowError(
    'STORE_UNAVAILABLE',
    `${what} went away while it committed, and does not say whether the write is in. Send it again with the same id.`,
    { cause: lost, details: { store: what } },
  )
}

async function statusOf(pool: Pool, xid: string): Promise<string> {
  try {
    const { rows } = await pool.query<{ status: string | null }>(
      'select pg_xact_status($1::xid8) as status',
      [xid],
    )
    return rows[0]?.status ?? 'aborted'
  } catch (error) {
    // A number that the server does not know any more was never used: it came back from a crash without it.
    if ((error as Error).message.includes('is in the future')) return 'aborted'
    throw error
  }
}

async function isThere(pool: Pool, xid: string, mark: Batch['mark']): Promise<boolean> {
  if (mark === null) return true
  const { rows } = await pool.query(MARKED, [mark.runId, mark.sequence, xid])
  return rows.length > 0
}

const MARKED = `select 1 from workflow_events
  where run_id = $1 and sequence = $2 and xmin::text::bigint = $3::bigint % 4294967296`
