import { ensureClaude, ensureCodex, ensureGemini, type TestProgram } from '@holdfast/agents/testing'
import type { Program } from './AgentBench.ts'

/** The programs that are installed, or that npm could install; others are named on standard error. */
export async function installedPrograms(): Promise<readonly Program[]> {
  const found: readonly [Program['name'], TestProgram][] = [
    ['claude', await ensureClaude()],
    ['codex', await ensureCodex()],
    ['gemini', await ensureGemini()],
  ]
  return found.flatMap(([name, program]) => {
    if ('file' in program) return [{ name, file: program.file }]
    process.stderr.write(`Without ${name}: ${program.skip}\n`)
    return []
  })
}
