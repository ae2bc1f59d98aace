import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import type { Check, Finding } from './Check.ts'
import { isFixture, listFiles, readText } from './tree/files.ts'

/** Links of the documents lead somewhere: files, folders and headings, also paths named in AGENTS.md and README.md. */
export const links: Check = {
  name: 'links',
  about: 'links and named paths in *.md exist',
  run: async (root) =>
    listFiles(root).flatMap((path) =>
      path.endsWith('.md') && !isFixture(path)
        ? [...brokenLinks(root, path), ...missingPaths(root, path)]
        : [],
    ),
}

const LINK = /(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)|!\[[^\]]*\]\(([^)\s]+)\)/g

function brokenLinks(root: string, path: string): Finding[] {
  return proseLines(root, path).flatMap(({ text, line }) =>
    [...text.replaceAll(/`[^`]*`/g, '').matchAll(LINK)].flatMap((match) => {
      const target = match[1] ?? match[2] ?? ''
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return []
      const [file = '', anchor] = target.split('#')
      const aim = file === '' ? path : normalize(join(dirname(path), decodeURI(file)))
      const where = `${path}:${line}`
      if (!existsSync(join(root, aim))) return [{ where, what: `"${target}" leads nowhere.` }]
      if (anchor !== undefined && aim.endsWith('.md') && !anchorsOf(root, aim).has(anchor))
        return [{ where, what: `${aim} has no heading "#${anchor}".` }]
      return []
    }),
  )
}

/** Root documents name pages and folders in code spans; those that look like paths of ours must exist. */
function missingPaths(root: string, path: string): Finding[] {
  if (path.includes('/')) return []
  return proseLines(root, path).flatMap(({ text, line }) =>
    [...text.matchAll(/`((?:docs|packages|apps|examples|scripts|bench)\/[\w./-]*)`/g)].flatMap((match) => {
      const named = match[1] ?? ''
      return existsSync(join(root, named)) ? [] : [{ where: `${path}:${line}`, what: `${named} is missing.` }]
    }),
  )
}

function anchorsOf(root: string, path: string): Set<string> {
  const headings = proseLines(root, path).filter(({ text }) => /^#{1,6}\s/.test(text))
  return new Set(headings.map(({ text }) => slug(text.replace(/^#+\s+/, ''))))
}

/** The anchor that common Markdown viewers give a heading. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')
}

/** The lines outside of fenced code. */
function proseLines(root: string, path: string): { text: string; line: number }[] {
  let fence = ''
  return readText(root, path)
    .split('\n')
    .flatMap((text, index) => {
      const mark = /^\s*(```+|~~~+)/.exec(text)?.[1] ?? ''
      if (mark !== '' && (fence === '' || mark.startsWith(fence))) {
        fence = fence === '' ? mark : ''
        return []
      }
      return fence === '' ? [{ text, line: index + 1 }] : []
    })
}
