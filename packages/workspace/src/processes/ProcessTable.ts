/** One living process; those that have ended and only wait to be collected are not listed. */
export interface ProcessRow {
  readonly pid: number
  readonly parentPid: number
  readonly groupId: number
  /** When it began, in the form that the system gives; with the pid it names one process for good. */
  readonly startTime: string
}

/** What the operating system tells about processes. */
export interface ProcessTable {
  /** The process with this pid, or null when it is not there or has ended. */
  find(pid: number): ProcessRow | null
  list(): Promise<readonly ProcessRow[]>
  /** Processes that began with `name=value` in their environment, as far as this user may look. */
  withVariable(name: string, value: string): Promise<readonly ProcessRow[]>
}
