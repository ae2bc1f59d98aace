import type { WorkspacePort } from '@holdfast/workflow-sdk/ports'

/** A folder without git, as far as an agent step needs it. */
export const FOLDER = {
  prepare: async ({ workspaceId, projectPath }: { workspaceId: string; projectPath: string }) => ({
    workspaceId,
    kind: 'project',
    path: projectPath,
    branch: null,
    git: { repo: null, branch: null },
    notes: [],
  }),
  open: async () => {},
  confirm: () => {},
  facts: async () => ({ repo: null, branch: null }),
  snapshot: async () => null,
  endProcesses: async () => 0,
  git: { getCurrentCommit: async () => null },
} as unknown as WorkspacePort

/** What a turn without calls used. */
export const NOTHING = {
  inputTokens: 0,
  outputTokens: 0,
  cachedReadTokens: 0,
  cachedWriteTokens: 0,
  reasoningTokens: 0,
}
