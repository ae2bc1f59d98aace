import { WorkflowError } from '@holdfast/workflow-sdk'
import type { AgentPort, RunFilesPort } from '@holdfast/workflow-sdk/ports'

/** No workload makes artifacts, sessions or log lines: what asks for them is a mistake of the benchmark. */
export const noRunFiles: RunFilesPort = {
  log: () => {},
  flushLogs: async () => {},
  runLogPath: (_project, runId) => `${runId}/execution.log`,
  stepLogPath: (_project, runId, stepNumber, stepName) => `${runId}/step-${stepNumber}-${stepName}.log`,
  sessionFile: async () => unexpected('A session file'),
  storeArtifact: async () => unexpected('An artifact'),
}

/** Runs of the benchmark use no agents. */
export const noAgents: AgentPort = {
  get: () => unexpected('An agent'),
  list: () => [],
}

function unexpected(what: string): never {
  throw new WorkflowError('INTERNAL', `${what} was asked for; the benchmark's workloads need none.`)
}
