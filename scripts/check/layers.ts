import type { Check, Finding } from './Check.ts'
import { mayImport, ROOMS } from './floors.ts'
import { isSource, isTest, listFiles } from './tree/files.ts'
import { importsOf } from './tree/imports.ts'
import { dependenciesOf, listRooms, type Room } from './tree/packages.ts'
import { parseModule } from './tree/syntax.ts'

/** Holds the house together: imports point down only, rooms name each other, nobody imports `holdfast`. */
export const layers: Check = {
  name: 'layers',
  about: 'rooms import only rooms below them, by name',
  run: async (root) => {
    const rooms = listRooms(root)
    const findings = rooms.flatMap((room) => checkManifest(room))
    for (const room of rooms) {
      for (const path of room.sources) findings.push(...checkImports(root, room, path))
    }
    const outside = listFiles(root).filter((path) => isSource(path) && !/^(?:packages|apps)\//.test(path))
    for (const path of outside) findings.push(...checkOutside(root, path))
    return findings
  },
}

function checkManifest(room: Room): Finding[] {
  const where = `${room.folder}/package.json`
  if (ROOMS[room.manifest.name] === undefined) {
    return [{ where, what: `${room.manifest.name} has no floor. Add the room to scripts/check/floors.ts.` }]
  }
  return dependenciesOf(room.manifest)
    .filter((name) => isOurs(name) && !mayImport(room.manifest.name, name))
    .map((name) => ({ where, what: refusal(room.manifest.name, name) }))
}

function checkImports(root: string, room: Room, path: string): Finding[] {
  const findings: Finding[] = []
  const declared = new Set(dependenciesOf(room.manifest))
  for (const { specifier, line } of importsOf(parseModule(root, path))) {
    const where = `${path}:${line}`
    const target = packageOf(specifier)
    if (specifier.startsWith('.') && leaves(room.folder, path, specifier)) {
      findings.push({
        where,
        what: `"${specifier}" reaches into another room. Import it by its package's name.`,
      })
    } else if (isOurs(target) && target !== room.manifest.name) {
      if (!mayImport(room.manifest.name, target, isTest(path) ? undefined : specifier))
        findings.push({ where, what: refusal(room.manifest.name, specifier) })
      else if (!declared.has(target))
        findings.push({ where, what: `${target} is not among the dependencies of ${room.manifest.name}.` })
    }
  }
  return findings
}

/** Scripts, examples and benchmarks name rooms too; `holdfast` belongs to people's projects alone. */
function checkOutside(root: string, path: string): Finding[] {
  return importsOf(parseModule(root, path)).flatMap(({ specifier, line }) => {
    const where = `${path}:${line}`
    if (specifier.startsWith('.') && /(?:^|\/)(?:packages|apps)\//.test(resolve(path, specifier))) {
      return [{ where, what: `"${specifier}" reaches into a room. Import it by its package's name.` }]
    }
    if (packageOf(specifier) === 'holdfast' && !path.startsWith('examples/')) {
      return [{ where, what: '"holdfast" is for examples and people\'s projects. Import the room itself.' }]
    }
    return []
  })
}

function refusal(room: string, specifier: string): string {
  return `${room} may not import ${specifier}. Rooms import rooms below them (ARCHITECTURE.md, "The house").`
}

function leaves(folder: string, path: string, specifier: string): boolean {
  return !`${resolve(path, specifier)}/`.startsWith(`${folder}/`)
}

function resolve(path: string, specifier: string): string {
  return decodeURI(new URL(specifier, `file:///${path}`).pathname.slice(1))
}

function isOurs(name: string): boolean {
  return name === 'holdfast' || name.startsWith('@holdfast/')
}

function packageOf(specifier: string): string {
  const [first = '', second = ''] = specifier.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}
