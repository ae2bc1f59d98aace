#!/usr/bin/env node
// Plain JavaScript that an old Node.js can read: it says which one is needed before anything else is loaded.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Holdfast needs Node.js 24 or newer; this is ${process.versions.node} (${process.execPath}). ` +
      'Install a newer one, or call it with npx, which uses the one that npm ci brought: ' +
      'npx holdfast in the repository of Holdfast, npx --prefix REPOSITORY holdfast elsewhere. [NEEDS_NODE_24]\n',
  )
  process.exitCode = 2
} else {
  import('./checkout.js')
    .then((checkout) => checkout.runSourcesIfUnbuilt())
    .then(() => import('node:module'))
    .then((module) => module.enableCompileCache())
    .then(() => import('#start'))
    .catch((error) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error} [INTERNAL]\n`)
      process.exitCode = 1
    })
}
