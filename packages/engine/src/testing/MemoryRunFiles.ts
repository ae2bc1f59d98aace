import { createHash } from 'node:crypto'
import type { LogLine, ProjectInfo, RunFilesPort } from '@holdfast/workflow-sdk/ports'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Files of runs, kept in memory: log lines in order, artifacts by path. Session files go to the temporary folder. */
export class MemoryRunFiles implements RunFilesPort {
  readonly lines: LogLine[] = []
  readonly artifacts = new Map<string, Buffer>()

  log(line: LogLine): void {
    this.lines.push(line)
  }

  async flushLogs(): Promise<void> {}

  runLogPath(_project: ProjectInfo, runId: string): string {
    return `${runId}/logs/execution.log`
  }

  stepLogPath(_project: ProjectInfo, runId: string, stepNumber: number, stepName: string): string {
    return `${runId}/logs/step-${stepNumber}-${stepName}.log`
  }

  async sessionFile(
    _project: ProjectInfo,
    runId: string,
    stepId: string,
    name: string,
  ): Promise<{ absolute: string; relative: string }> {
    const relative = `${runId}-${stepId}-${name}.jsonl`.replaceAll('/', '-')
    return { absolute: join(tmpdir(), relative), relative }
  }

  async storeArtifact(
    _project: ProjectInfo,
    artifact: Parameters<RunFilesPort['storeArtifact']>[1],
  ): Promise<{ storagePath: string; sizeBytes: number; mimeType: string }> {
    const bytes = artifact.file === null ? Buffer.from(artifact.content ?? '') : await readFile(artifact.file)
    const storagePath = `${artifact.runId}/artifacts/${artifact.stepId ?? 'execution'}/${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}-${artifact.name}`
    this.artifacts.set(storagePath, bytes)
    return { storagePath, sizeBytes: bytes.length, mimeType: 'application/octet-stream' }
  }
}
