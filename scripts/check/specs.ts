import type { Check, Finding } from './Check.ts'
import { isTest, listFiles, readText } from './tree/files.ts'
import { lineAt, parseModule, walkNodes } from './tree/syntax.ts'

/** A rule of a SPEC.md, e.g. `[ST7] A stale owner cannot complete a step.` */
interface Rule {
  readonly id: string
  /** `path:line`. */
  readonly where: string
}

/** Rules and tests belong together: each rule of a SPEC.md is cited by a test, each cited rule exists. */
export const specs: Check = {
  name: 'specs',
  about: 'every rule of a SPEC.md has a test that cites it, and the other way round',
  run: async (root) => {
    const files = listFiles(root).filter((path) => /^(?:packages|apps)\//.test(path))
    const rules = files.filter((path) => path.endsWith('SPEC.md')).flatMap((path) => rulesOf(root, path))
    const citations = files
      .filter((path) => /\.tsx?$/.test(path) && isTest(path))
      .flatMap((path) => citationsOf(root, path))
    return [...repeated(rules), ...untested(rules, citations), ...unknown(rules, citations)]
  },
}

const RULE_AT_START = /^\s*(?:[-*]\s+|#+\s+|\|\s*|\d+\.\s+)?\**\[([A-Z]{1,4}\d+[a-z]?)\](?![(:])/
const CITATION = /\[([A-Z]{1,4}\d+[a-z]?(?:\s*,\s*[A-Z]{1,4}\d+[a-z]?)*)\]/g

/** The rules that a SPEC.md states: lines, list items, headings or table rows that begin with `[ID]`. */
function rulesOf(root: string, path: string): Rule[] {
  return readText(root, path)
    .split('\n')
    .flatMap((line, index) => {
      const id = RULE_AT_START.exec(line)?.[1]
      return id === undefined ? [] : [{ id, where: `${path}:${index + 1}` }]
    })
}

/** The rules that texts in a test file cite: `[ST7]`, or several as `[ST7, ST8]`. Comments do not count. */
function citationsOf(root: string, path: string): Rule[] {
  const module = parseModule(root, path)
  const found: Rule[] = []
  walkNodes(module.program, (node) => {
    const value = node.type === 'TemplateElement' ? (node['value'] as { raw: string }).raw : node['value']
    if ((node.type !== 'Literal' && node.type !== 'TemplateElement') || typeof value !== 'string') return
    for (const match of value.matchAll(CITATION)) {
      for (const id of (match[1] ?? '').split(','))
        found.push({ id: id.trim(), where: `${path}:${lineAt(module, node.start)}` })
    }
  })
  return found
}

function repeated(rules: readonly Rule[]): Finding[] {
  return rules.flatMap((rule, index) => {
    const first = rules.findIndex((other) => other.id === rule.id)
    if (first === index) return []
    return [{ where: rule.where, what: `[${rule.id}] stands at ${rules[first]?.where ?? ''} already.` }]
  })
}

function untested(rules: readonly Rule[], citations: readonly Rule[]): Finding[] {
  const cited = new Set(citations.map((citation) => citation.id))
  return rules
    .filter((rule) => !cited.has(rule.id))
    .map((rule) => ({ where: rule.where, what: `[${rule.id}] has no test that cites it in its name.` }))
}

function unknown(rules: readonly Rule[], citations: readonly Rule[]): Finding[] {
  const known = new Set(rules.map((rule) => rule.id))
  const strays = Map.groupBy(
    citations.filter((citation) => !known.has(citation.id)),
    (citation) => citation.id,
  )
  return [...strays].map(([id, sites]) => ({
    where: sites[0]?.where ?? '',
    what: `[${id}] is no rule of any SPEC.md; ${sites.length} test${sites.length === 1 ? ' cites' : 's cite'} it.`,
  }))
}
