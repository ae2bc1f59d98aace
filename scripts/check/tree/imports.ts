import { isNode, lineAt, walkNodes, type Module, type SyntaxNode } from './syntax.ts'

/** One place where a module names another. */
export interface ImportSite {
  /** As written, e.g. `@holdfast/store/contract` or `./rows.ts`. */
  readonly specifier: string
  /** From 1. */
  readonly line: number
}

const STATEMENTS = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])

/**
 * Every import of a module: `import`, `export … from`, `import(…)`, `import('…')` in types, and the calls
 * `require.resolve` and `import.meta.resolve` with a text.
 */
export function importsOf(module: Module): ImportSite[] {
  const sites: ImportSite[] = []
  walkNodes(module.program, (node) => {
    const specifier = STATEMENTS.has(node.type) ? literalText(node['source']) : resolvedText(node)
    if (specifier !== null) sites.push({ specifier, line: lineAt(module, node.start) })
  })
  return sites
}

function resolvedText(node: SyntaxNode): string | null {
  if (node.type !== 'CallExpression') return null
  const callee = node['callee']
  if (!isNode(callee)) return null
  const name =
    callee.type === 'Identifier'
      ? callee['name']
      : isNode(callee['property'])
        ? callee['property']['name']
        : null
  const subject = isNode(callee['object']) ? callee['object'] : null
  const isResolve =
    name === 'resolve' && (subject?.type === 'MetaProperty' || subject?.['name'] === 'require')
  if (name !== 'require' && !isResolve) return null
  return literalText((node['arguments'] as readonly unknown[])[0])
}

function literalText(value: unknown): string | null {
  if (!isNode(value)) return null
  if (value.type === 'TSLiteralType') return literalText(value['literal'])
  return value.type === 'Literal' && typeof value['value'] === 'string' ? value['value'] : null
}
