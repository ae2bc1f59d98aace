import type { Page, PageQuery } from './page.ts'
import type { SessionRow } from './rows.ts'

/** Chat threads of projects. Their messages are made by the events of runs. */
export interface SessionStore {
  /** The session of this name in the project, made when there is none. @throws WorkflowError `RECORD_NOT_FOUND`. */
  ensureSession(session: {
    readonly projectId: string
    readonly name: string
    readonly agentName: string | null
  }): Promise<SessionRow>
  /** @throws WorkflowError `RECORD_NOT_FOUND`. */
  getSession(id: string): Promise<SessionRow>
  /** Newest first. */
  listSessions(
    query: PageQuery & { readonly projectId?: string; readonly agentName?: string },
  ): Promise<Page<SessionRow>>
}
