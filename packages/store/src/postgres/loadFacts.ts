import { columnText } from '../payload/text.ts'
import type { ApprovalFacts, SessionFacts, StepFacts } from '../projection/Known.ts'
import type { LoadedFacts, Need, OpenFacts } from './LoadedFacts.ts'
import type { Session } from './Session.ts'

type Of<K extends Need['kind']> = Extract<Need, { kind: K }>
type Keyed = Of<'step' | 'approval' | 'usage' | 'external' | 'event'>

/** Reads the facts of a batch: one statement for each kind, all of them on their way at the same time. */
export async function loadFacts(session: Session, needs: readonly Need[], facts: LoadedFacts): Promise<void> {
  const of = <K extends Need['kind']>(kind: K): Of<K>[] =>
    needs.filter((need): need is Of<K> => need.kind === kind)
  await Promise.all([
    loadOpen(session, of('open'), facts),
    loadKeyed(session, of('step'), facts, STEP_BY_KEY),
    loadKeyed(session, of('approval'), facts, APPROVAL_BY_KEY),
    loadKeyed(session, of('usage'), facts, USAGE),
    loadKeyed(session, of('external'), facts, EXTERNAL),
    loadKeyed(session, of('event'), facts, EVENT),
    loadNamed(session, of('blob'), facts, 'select hash as id from blobs where hash = any($1)'),
    loadNamed(session, of('stepId'), facts, 'select id from workflow_steps where id = any($1)'),
    loadLast(session, of('last'), facts),
    loadLogs(session, of('log'), facts),
  ])
}

const STEP = `s.id, s.step_key, s.step_number, s.parent_step_id, s.status, s.started_at, s.attempt_number,
  s.logged_attempt, s.attempt_tokens, s.attempt_cost`
const APPROVAL = `a.id, a.approval_key, a.revision, a.status, a.approved, a.answer, a.comment, a.answered_by,
  a.answered_sequence`
const WANTED = 'from unnest($1::text[], $2::text[]) as w(run, key) join'
const STEP_BY_KEY = `select w.run as in_run, w.key as by_key, ${STEP} ${WANTED} workflow_steps s
  on s.run_id = w.run and s.step_key = w.key`
const APPROVAL_BY_KEY = `select w.run as in_run, w.key as by_key, ${APPROVAL} ${WANTED} approvals a
  on a.run_id = w.run and a.approval_key = w.key`
const USAGE = `select w.run as in_run, w.key as by_key ${WANTED} llm_usage u
  on u.run_id = w.run and u.call_id = w.key`
const EXTERNAL = `select w.run as in_run, w.key as by_key, e.sequence, e.timestamp ${WANTED} workflow_events e
  on e.run_id = w.run and e.external_id = w.key`
const EVENT = `select w.run as in_run, w.key as by_key, e.timestamp ${WANTED} workflow_events e
  on e.run_id = w.run and e.sequence = w.key::integer`

async function loadKeyed(
  session: Session,
  needs: readonly Keyed[],
  facts: LoadedFacts,
  query: string,
): Promise<void> {
  if (needs.length === 0) return
  const rows = await session.rows<{ in_run: string; by_key: string }>(
    query,
    needs.map(({ runId }) => runId),
    needs.map(({ key }) => key),
  )
  const found = new Map(rows.map(({ in_run, by_key, ...fact }) => [`${in_run} ${by_key}`, fact]))
  for (const need of needs)
    facts.set(need, found.get(`${columnText(need.runId)} ${columnText(need.key)}`) ?? null)
}

async function loadNamed(
  session: Session,
  needs: readonly Of<'blob' | 'stepId'>[],
  facts: LoadedFacts,
  query: string,
): Promise<void> {
  if (needs.length === 0) return
  const rows = await session.rows<{ id: string }>(
    query,
    needs.map(({ key }) => key),
  )
  const found = new Set(rows.map(({ id }) => id))
  for (const need of needs) facts.set(need, found.has(need.key))
}

async function loadOpen(session: Session, needs: readonly Of<'open'>[], facts: LoadedFacts): Promise<void> {
  if (needs.length === 0) return
  const runs = needs.map(({ runId }) => runId)
  const [steps, sessions, approvals] = await Promise.all([
    session.rows<StepFacts & InRun>(OPEN_STEPS, runs),
    session.rows<SessionFacts & InRun>(RUNNING, runs),
    session.rows<ApprovalFacts & InRun>(OPEN_APPROVALS, runs),
  ])
  const open = new Map<string, OpenFacts>()
  for (const need of needs) {
    const fact: OpenFacts = { steps: [], sessions: [], approvals: [] }
    open.set(columnText(need.runId), fact)
    facts.set(need, fact)
  }
  for (const { in_run, ...step } of steps) open.get(in_run)?.steps.push(step)
  for (const { in_run, ...one } of sessions) open.get(in_run)?.sessions.push(one)
  for (const { in_run, ...one } of approvals) open.get(in_run)?.approvals.push(one)
}

interface InRun {
  readonly in_run: string
}

const OPEN_STEPS = `select s.run_id as in_run, ${STEP} from workflow_steps s
  where s.run_id = any($1) and s.status in ('pending','running','retrying') order by s.step_number`
const RUNNING = `select run_id as in_run, id, workflow_step_id from agent_sessions
  where run_id = any($1) and status = 'running' order by attempt_number, started_at`
const OPEN_APPROVALS = `select a.run_id as in_run, ${APPROVAL} from approvals a
  where a.run_id = any($1) and a.status = 'open'`

async function loadLast(session: Session, needs: readonly Of<'last'>[], facts: LoadedFacts): Promise<void> {
  if (needs.length === 0) return
  const rows = await session.rows<{ run_id: string; id: string }>(
    LAST,
    needs.map(({ runId }) => runId),
  )
  const found = new Map(rows.map(({ run_id, id }) => [run_id, id]))
  for (const need of needs) facts.set(need, found.get(columnText(need.runId)) ?? null)
}

const LAST = `select distinct on (run_id) run_id, id from workflow_steps
  where run_id = any($1) order by run_id, step_number desc`

async function loadLogs(session: Session, needs: readonly Of<'log'>[], facts: LoadedFacts): Promise<void> {
  for (const need of needs) {
    const rows =
      need.stepId === null
        ? session.rows<{ last: number | null }>(LAST_OF_RUN, need.runId)
        : session.rows<{ last: number | null }>(LAST_OF_STEP, need.stepId)
    facts.set(need, (await rows)[0]?.last ?? 0)
  }
}

const LAST_OF_STEP = 'select max(sequence) as last from workflow_logs where step_id = $1'
const LAST_OF_RUN = 'select max(sequence) as last from workflow_logs where run_id = $1 and step_id is null'
