import type { Check, Finding } from './Check.ts'
import { isTest, isSource, listFiles } from './tree/files.ts'
import { isNode, lineAt, parseModule, type Module, type SyntaxNode } from './tree/syntax.ts'

/** Every symbol that a source file of a room or of the scripts exports has a docstring. */
export const docstrings: Check = {
  name: 'docstrings',
  about: 'every exported symbol has a docstring',
  run: async (root) =>
    listFiles(root)
      .filter((path) => isSource(path) && isChecked(path))
      .flatMap((path) => undocumented(parseModule(root, path))),
}

function isChecked(path: string): boolean {
  return /^(?:(?:packages|apps)\/[^/]+\/src|scripts)\//.test(path) && !isTest(path)
}

function undocumented(module: Module): Finding[] {
  const findings: Finding[] = []
  const seen = new Set<string>()
  for (const statement of module.program['body'] as readonly SyntaxNode[]) {
    for (const { name, node } of exportedBy(module, statement)) {
      // Later overloads of a function share the docstring of the first.
      if (seen.has(name)) continue
      seen.add(name)
      if (!hasDocstring(module, node.start)) {
        findings.push({
          where: `${module.path}:${lineAt(module, node.start)}`,
          what: `${name} is exported without a docstring. Say its shapes, units and errors in /** … */.`,
        })
      }
    }
  }
  return findings
}

/** Names that a statement exports, each with the statement before which its docstring stands. */
function exportedBy(module: Module, statement: SyntaxNode): { name: string; node: SyntaxNode }[] {
  const declaration = statement['declaration']
  if (statement.type === 'ExportDefaultDeclaration') return [{ name: 'default', node: statement }]
  if (statement.type !== 'ExportNamedDeclaration') return []
  if (isNode(declaration)) return declaredNames(declaration).map((name) => ({ name, node: statement }))
  if (isNode(statement['source'])) return []
  return (statement['specifiers'] as readonly SyntaxNode[]).flatMap((specifier) => {
    const local = nameOf(specifier['local'])
    const node = (module.program['body'] as readonly SyntaxNode[]).find((other) =>
      declaredNames(other).includes(local),
    )
    return node === undefined ? [] : [{ name: local, node }]
  })
}

function declaredNames(declaration: SyntaxNode): string[] {
  if (declaration.type === 'VariableDeclaration') {
    return (declaration['declarations'] as readonly SyntaxNode[]).map((item) => nameOf(item['id']))
  }
  return isNode(declaration['id']) ? [nameOf(declaration['id'])] : []
}

function nameOf(node: unknown): string {
  return isNode(node) && typeof node['name'] === 'string' ? node['name'] : 'a pattern'
}

function hasDocstring(module: Module, start: number): boolean {
  const before = module.text
    .slice(0, start)
    .trimEnd()
    .replace(/(?:\n\s*\/\/[^\n]*)+$/, '')
    .trimEnd()
  if (!before.endsWith('*/')) return false
  return before.slice(before.lastIndexOf('/*')).startsWith('/**')
}
