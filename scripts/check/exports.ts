import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Check, Finding } from './Check.ts'
import { readJson } from './tree/files.ts'
import { dependenciesOf, listRooms, type ExportTarget, type Room } from './tree/packages.ts'

/** Packages can be used from source and from `dist`, and `tsc -b` builds them in the right order. */
export const exports: Check = {
  name: 'exports',
  about: 'exports lead to sources and to what the build makes of them; references follow dependencies',
  run: async (root) => {
    const rooms = listRooms(root)
    return rooms.flatMap((room) => [
      ...Object.entries(room.manifest.exports ?? {}).flatMap(([subpath, target]) =>
        checkTarget(root, room, subpath, target),
      ),
      ...checkReferences(root, room, rooms),
    ])
  },
}

function checkTarget(root: string, room: Room, subpath: string, target: ExportTarget): Finding[] {
  const where = `${room.folder}/package.json`
  const { source } = target
  if (Object.keys(target).join() !== 'source,types,default')
    return [{ where, what: `"${subpath}" must have source, types and default, in this order.` }]
  if (source === undefined || !/^\.\/src\/.+\.ts$/.test(source))
    return [{ where, what: `"${subpath}": source must be a .ts file below ./src.` }]
  const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
  const findings: Finding[] = []
  if (!existsSync(join(root, room.folder, source)))
    findings.push({ where, what: `"${subpath}": ${source} does not exist.` })
  if (target.types !== `${built}.d.ts` || target.default !== `${built}.js`)
    findings.push({ where, what: `"${subpath}": types and default must be ${built}.d.ts and ${built}.js.` })
  return findings
}

interface TsConfig {
  readonly references?: readonly { readonly path: string }[]
}

function checkReferences(root: string, room: Room, rooms: readonly Room[]): Finding[] {
  const where = `${room.folder}/tsconfig.json`
  if (!existsSync(join(root, where))) return [{ where, what: 'The room has no tsconfig.json.' }]
  const referenced = (readJson<TsConfig>(root, where).references ?? []).map((reference) =>
    join(room.folder, reference.path),
  )
  const needed = dependenciesOf(room.manifest).flatMap(
    (name) => rooms.find((other) => other.manifest.name === name)?.folder ?? [],
  )
  const missing = needed.filter((folder) => !referenced.includes(folder))
  const all = readJson<TsConfig>(root, 'tsconfig.json').references ?? []
  return [
    ...missing.map((folder) => ({ where, what: `A reference to ${folder} is missing.` })),
    ...(all.some((reference) => join(reference.path) === room.folder)
      ? []
      : [{ where: 'tsconfig.json', what: `A reference to ${room.folder} is missing.` }]),
  ]
}
