import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import project from '../../package.json' with { type: 'json' }
import { build, root } from './build.ts'

/** Makes the package of the command line, with the service that its `serve` runs. Returns the tarball's path. */
export async function buildCli(folder: string): Promise<string> {
  const { name, version, description, license, dependencies, optionalDependencies } = project
  const encoder = Object.entries(optionalDependencies).filter(([one]) => one.startsWith('@energetic-ai/'))
  return build(folder, {
    project: 'cli.tsconfig.json',
    copies: { 'scripts/packages/cli.md': 'README.md', ...(await filesBesideCode()) },
    manifest: {
      name,
      version,
      description,
      license,
      type: 'module',
      engines: { node: '>=22.13' },
      bin: { 'tenant-router': 'src/cli/bin.js' },
      dependencies,
      peerDependencies: Object.fromEntries(encoder),
      peerDependenciesMeta: Object.fromEntries(encoder.map(([one]) => [one, { optional: true }])),
    },
  })
}

/** Whatever the code reads at run time and the compiler does not carry along. */
async function filesBesideCode(): Promise<Readonly<Record<string, string>>> {
  const folders = ['src', 'migrations', 'docs/errors']
  const isRead = (path: string) =>
    path.startsWith('src') ? !/\.(ts|md)$/.test(path) : /\.(sql|md)$|_journal\.json$/.test(path)
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
      return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name).slice(root.length))
    }),
  )
  return Object.fromEntries(
    found
      .flat()
      .filter(isRead)
      .map((path) => [path, path]),
  )
}

if (import.meta.main) console.log(await buildCli(join(root, 'dist')))
