import { join, relative } from 'node:path'
import { placeInProject } from '@holdfast/runtime'
import type { ErrorRecord } from '@holdfast/workflow-sdk'

/** Says where in the project's code an error comes from, or null where its stack does not tell. */
export type PlaceOf = (error: Pick<ErrorRecord, 'stack'> | null) => string | null

/** Places as `file:line:column`, the file as it is found from `cwd`. @param root Absolute folder of the project. */
export function placesIn(root: string, cwd: string): PlaceOf {
  return (error) => {
    const place = placeInProject(root, error?.stack ?? '')
    if (place === null) return null
    return `${relative(cwd, join(root, place.file))}:${place.line}:${place.column}`
  }
}
