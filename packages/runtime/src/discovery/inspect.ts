import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleFile } from '../bundles/bundleFile.ts'
import { importSite } from '../bundles/importSite.ts'
import { writeBundle } from '../bundles/writeBundle.ts'
import type { ProjectPaths } from '../project/paths.ts'
import type { Catalog } from './Catalog.ts'
import { exportLine, placeInProject } from './place.ts'
import { probe, type ProbeLimits } from './probe.ts'
import type { TemplateProblem, WorkflowFacts } from './types.ts'

/** A template that loads, before it has a name of its own among the others. */
export interface InspectedTemplate extends WorkflowFacts {
  readonly file: string
  readonly contentHash: string
}

/** How a template is looked at. */
export interface InspectOptions extends ProbeLimits {
  /** Load it although it is remembered as one that does not. */
  readonly again?: boolean
}

/** Finds out what a template holds: from the catalog when nothing changed, else by bundling and a first load. */
export async function inspectTemplate(
  paths: ProjectPaths,
  catalog: Catalog,
  file: string,
  options: InspectOptions = {},
): Promise<InspectedTemplate | TemplateProblem> {
  const known = catalog.lookUp(file)
  if (known !== null && 'problem' in known && options.again !== true) return known.problem
  if (known !== null && 'facts' in known && existsSync(join(paths.cache, `${known.contentHash}.mjs`))) {
    return { file, contentHash: known.contentHash, ...known.facts }
  }
  const bundledSince = Date.now()
  const bundled = await bundleFile(paths.root, file)
  if (!bundled.ok) return { ...bundled.problem, code: 'WORKFLOW_INVALID' }
  const path = await writeBundle(paths.cache, bundled.bundle, bundled.hash)
  const result = await probe(path, options)
  const seen = { inputs: bundled.inputs, contentHash: bundled.hash, bundledSince }
  if (result.ok) {
    catalog.remember(file, seen, { facts: result.facts })
    return { file, contentHash: bundled.hash, ...result.facts }
  }
  const source = await readFile(join(paths.root, file), 'utf8').catch(() => '')
  const site =
    result.missing === null
      ? null
      : await importSite(paths.root, bundled.packages, result.missing.specifier, result.missing.name)
  const place = site ?? placeInProject(paths.root, result.stack)
  const problem: TemplateProblem = {
    file: place?.file ?? file,
    line: place?.line ?? exportLine(source) ?? 1,
    column: place?.column ?? null,
    code: result.code,
    reason: place === null || place.file === file ? result.reason : `${result.reason} (imported by ${file})`,
  }
  if (result.fatal) catalog.remember(file, seen, { problem })
  return problem
}
