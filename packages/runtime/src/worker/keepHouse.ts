import type { OpenProject } from '../project/openProject.ts'

/** A worker that lives shorter does nothing of it. */
const FIRST_AFTER_MS = 60_000
const EVERY_MS = 3_600_000

/** What a worker does beside its runs, once a minute has passed and then every hour: kept trees do not pile up. */
export function keepHouse(
  opened: Pick<OpenProject, 'store' | 'project' | 'config'>,
  onTrouble: (message: string) => void,
): { stop(): Promise<void> } {
  let work: Promise<unknown> = Promise.resolve()
  const look = (): void => {
    timer = setTimeout(look, EVERY_MS).unref()
    work = dropOld(opened).catch((error: unknown) =>
      onTrouble(`Old kept trees of ${opened.project.path} could not be removed: ${String(error)}`),
    )
  }
  let timer = setTimeout(look, FIRST_AFTER_MS).unref()
  return {
    async stop() {
      clearTimeout(timer)
      await work
    },
  }
}

async function dropOld(opened: Pick<OpenProject, 'store' | 'project' | 'config'>): Promise<void> {
  const [{ careOf, keepTreesMs }, { dropOldTrees }] = await Promise.all([
    import('../workspaces/careOf.ts'),
    import('../workspaces/prune.ts'),
  ])
  await dropOldTrees(careOf(opened), Date.now(), keepTreesMs(opened.config))
}
