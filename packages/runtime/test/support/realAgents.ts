import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ensureClaude,
  ensureClaudeAcp,
  ensureCodex,
  ensureGemini,
  ensureOpencode,
  offlineAgents,
  type TestProgram,
} from '@holdfast/agents/testing'
import type { AgentReference } from '@holdfast/workflow-sdk'
import { eventually } from './workers.ts'

/** Real agents, each with a home of its own below `home`, that ask the scripted model at `modelUrl` alone. */
export interface RealAgents {
  /** For the worker's process. */
  readonly environment: Readonly<Record<string, string>>
  /** Claude Code, Codex, Gemini CLI, and one of the Agent Client Protocol: OpenCode where `HOLDFAST_TEST_OPENCODE` asks for it, else Claude's. */
  readonly agents: Readonly<Record<string, AgentReference>>
  /** Resolves when what each said last, and Claude's call of `sleep 600`, stands in their session files, which they write with a delay. */
  readonly sessionsKept: (said: string) => Promise<void>
}

/** What is installed, or the reason why something is not. */
export async function installedAgents(): Promise<{
  readonly reason: string
  readonly agentsIn: (home: string, modelUrl: string) => Promise<RealAgents>
}> {
  const found: TestProgram[] = []
  for (const ensure of [ensureClaude, ensureCodex, ensureGemini, ensureClaudeAcp]) found.push(await ensure())
  const [claude, codex, gemini, claudeAcp] = found.map((one) => ('file' in one ? one.file : ''))
  // It takes half a minute to start on a busy machine: only where it is asked for.
  const asked = (process.env['HOLDFAST_TEST_OPENCODE'] ?? '') !== ''
  const opencode = asked ? await ensureOpencode() : { skip: '' }
  return {
    reason: found.flatMap((one) => ('skip' in one ? [one.skip] : [])).join('; '),
    agentsIn: async (home, modelUrl) => {
      const { environment, acp, ...three } = await offlineAgents(home, modelUrl, {
        claude: claude ?? '',
        codex: codex ?? '',
        gemini: gemini ?? '',
        claudeAcp: claudeAcp ?? '',
        ...('file' in opencode ? { opencode: opencode.file } : {}),
      })
      const name = 'file' in opencode ? 'opencode' : 'claude-acp'
      const fourth = acp[name]
      return {
        environment,
        agents: { ...three, ...(fourth === undefined ? {} : { [name]: fourth }) },
        sessionsKept: (said) => sessionsKept(home, said, name === 'claude-acp' ? 2 : 1),
      }
    },
  }
}

async function sessionsKept(home: string, said: string, claudes: number): Promise<void> {
  await eventually('the sessions are kept', async () => {
    const [claude, codex, gemini] = await Promise.all(
      ['.claude/projects', '.codex/sessions', '.gemini/tmp'].map((folder) => textsBelow(join(home, folder))),
    )
    const holding = (texts: readonly string[] = [], text = ''): number =>
      texts.filter((one) => one.includes(text)).length
    return (
      holding(claude, 'sleep 600') === claudes && holding(codex, said) === 1 && holding(gemini, said) === 1
    )
  })
}

async function textsBelow(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  return Promise.all(
    names.filter((name) => name.endsWith('.jsonl')).map((name) => readFile(join(folder, name), 'utf8')),
  )
}
