import type { Check, Finding } from './Check.ts'
import { thrownCodes } from './tree/thrownCodes.ts'
import { listFiles, readText } from './tree/files.ts'
import { isNode, lineAt, parseModule, walkNodes, type SyntaxNode } from './tree/syntax.ts'

/** Where the catalogue lies and what it is called there. */
export const CATALOGUE = 'packages/workflow-sdk/src/errors/catalogue.ts'
/** Headings that a page of `docs/errors/` has, in this order. */
const SECTIONS = ['What happened', 'Why', 'What to do'] as const

/** Holds the catalogue, the pages of `docs/errors/` and the places that throw together. */
export const errors: Check = {
  name: 'errors',
  about: 'each error code has a page and is thrown, each page has a code',
  run: async (root) => {
    const titles = catalogueOf(root)
    const pages = listFiles(root).filter((path) => /^docs\/errors\/[A-Z0-9_]+\.md$/.test(path))
    const codes = new Set(titles.map((title) => title.code))
    const thrown = thrownCodes(root, CATALOGUE)
    return [
      ...titles.flatMap((title) => checkPage(root, pages, title)),
      ...pages
        .filter((path) => !codes.has(codeOfPage(path)))
        .map((where) => ({ where, what: 'The catalogue has no such code. Delete the page.' })),
      ...titles
        .filter(({ code }) => !thrown.has(code))
        .map(({ where, code }) => ({ where, what: `Nothing throws ${code}. Throw it or take it out.` })),
    ]
  },
}

/** A code of the catalogue with its title. */
interface Title {
  readonly code: string
  readonly title: string
  /** `path:line`. */
  readonly where: string
}

/** Codes and titles as the catalogue's source states them. */
function catalogueOf(root: string): Title[] {
  const module = parseModule(root, CATALOGUE)
  const titles: Title[] = []
  walkNodes(module.program, (node) => {
    const value = node['value']
    if (node.type !== 'Property' || !isNode(value) || value.type !== 'CallExpression') return
    const [title] = value['arguments'] as readonly SyntaxNode[]
    const code = (node['key'] as SyntaxNode)['name']
    if (typeof code === 'string' && typeof title?.['value'] === 'string')
      titles.push({ code, title: title['value'], where: `${CATALOGUE}:${lineAt(module, node.start)}` })
  })
  return titles
}

function checkPage(root: string, pages: readonly string[], { code, title, where }: Title): Finding[] {
  const path = `docs/errors/${code}.md`
  if (!pages.includes(path)) return [{ where, what: `${path} is missing.` }]
  const text = readText(root, path)
  const findings: Finding[] = []
  if (text.split('\n')[0] !== `# ${code}: ${title}`)
    findings.push({ where: `${path}:1`, what: `The heading must be "# ${code}: ${title}".` })
  const headings = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1])
  if (headings.join('|') !== SECTIONS.join('|'))
    findings.push({ where: path, what: `The sections must be: ${SECTIONS.join(', ')}.` })
  for (const section of text.split(/^## /m).slice(1)) {
    if (section.split('\n').slice(1).join('').trim().length < 40)
      findings.push({ where: path, what: `The section "${section.split('\n')[0] ?? ''}" says too little.` })
  }
  return findings
}

function codeOfPage(path: string): string {
  return path.slice('docs/errors/'.length, -'.md'.length)
}
