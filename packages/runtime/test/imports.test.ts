import { expect, test } from 'vitest'
import { Catalog } from '../src/discovery/Catalog.ts'
import { inspectTemplate } from '../src/discovery/inspect.ts'
import { projectPaths } from '../src/project/paths.ts'
import { template, temporaryProject, workflowText } from './project.ts'

const PROJECT = {
  'node_modules/tool/package.json':
    '{"name":"tool","type":"module","exports":{".":"./index.js","./sub":"./index.js","./gone":"./gone.js"}}',
  'node_modules/tool/index.js': 'export const tool = 1',
  'node_modules/needy/package.json': '{"name":"needy","type":"module","exports":"./index.js"}',
  'node_modules/needy/index.js': "import 'left-pad-of-nobody'",
  'lib/help.ts': 'export const help = 1\n',
}

/** Inspects a workflow with this text before it; line 2 is the text's second line. */
async function inspect(text: string, more: Record<string, string> = {}): Promise<object> {
  const root = temporaryProject({ ...PROJECT, ...more, [template('a')]: `${text}\n${workflowText('a')}` })
  const paths = projectPaths(root)
  return await inspectTemplate(paths, new Catalog(root, paths.cache), template('a'))
}

test.each([
  ["import 'left-pad-of-nobody'", 8, 'WORKFLOW_DEPENDENCY_MISSING', /"left-pad-of-nobody" is not installed/],
  ["import x from '@no/body/part'; void x", 15, 'WORKFLOW_DEPENDENCY_MISSING', /npm install @no\/body$/],
  [
    "import 'tool/gone'",
    8,
    'WORKFLOW_DEPENDENCY_MISSING',
    /"tool" is installed .* file for "tool\/gone" is not/,
  ],
  [
    "import 'holdfast/agent'",
    8,
    'WORKFLOW_INVALID',
    /no part "holdfast\/agent"\. Did you mean "holdfast\/agents"\? It has: holdfast, holdfast\/agents, holdfast\/testing, holdfast\/runtime\./,
  ],
  [
    "import 'tool/nope'",
    8,
    'WORKFLOW_INVALID',
    /"tool" has no part "tool\/nope"\..* It has: tool, tool\/sub, /,
  ],
  ["import 'zod/mimi'", 8, 'WORKFLOW_INVALID', /"zod" has no part "zod\/mimi"\. Did you mean "zod\/mini"\?/],
  [
    "import { createWorkflo } from 'holdfast'; void createWorkflo",
    31,
    'WORKFLOW_INVALID',
    /"holdfast" exports no "createWorkflo"\. Did you mean "createWorkflow"\?/,
  ],
  [
    "import { claud } from 'holdfast/agents'; void claud",
    23,
    'WORKFLOW_INVALID',
    /It has: acp, claude, claudeWith,/,
  ],
  ["import { nope } from 'tool'; void nope", 22, 'WORKFLOW_INVALID', /"tool" exports no "nope"/],
  ["import 'node:fs/promise'", 8, 'WORKFLOW_INVALID', /no module "node:fs\/promise".*"node:fs\/promises"\?/],
  ["import './b.ts'", 8, 'WORKFLOW_INVALID', /"\.\/b\.ts": there is no other file in "\.\/"/],
  [
    "import '../../../lib/hepl.ts'",
    8,
    'WORKFLOW_INVALID',
    /"\.\.\/\.\.\/\.\.\/lib\/" has help\.ts\. Did you mean "\.\.\/\.\.\/\.\.\/lib\/help\.ts"\?/,
  ],
  ["import '../lib/help.ts'", 8, 'WORKFLOW_INVALID', /there is no folder "\.\.\/lib\/" beside this file/],
])('[RT2] %s is told where it stands', async (statement, column, code, reason) => {
  expect(await inspect(`// 'tool', "zod" and holdfast\n${statement}`)).toMatchObject({
    file: template('a'),
    line: 2,
    column,
    code,
    reason: expect.stringMatching(reason),
  })
})

test('[RT2] an import of a helper is told in the file of the helper', async () => {
  const helper = "// not here: import 'holdfast/what'\n\nexport const a = await import('holdfast/what')\n"
  expect(await inspect("import '../../../lib/b.ts'", { 'lib/b.ts': helper })).toMatchObject({
    file: 'lib/b.ts',
    line: 3,
    column: 31,
    reason: expect.stringMatching(/"holdfast\/what".*\(imported by .*a\.ts\)$/),
  })
})

test('[RT2] what a package itself lacks is told as that', async () => {
  expect(await inspect("import 'needy'")).toMatchObject({
    code: 'WORKFLOW_DEPENDENCY_MISSING',
    reason: expect.stringMatching(/'left-pad-of-nobody' imported from .*needy.*npm install$/),
  })
})
