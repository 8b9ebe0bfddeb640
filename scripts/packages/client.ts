import { join } from 'node:path'
import client from '../../clients/package.json' with { type: 'json' }
import project from '../../package.json' with { type: 'json' }
import { build, root } from './build.ts'

/** Makes the package of the typed client and its adapters. Returns the tarball's path. */
export async function buildClient(folder: string): Promise<string> {
  const { private: _, exports, ...manifest } = client
  const built = Object.entries(exports).map(([name, file]) => {
    const stem = file.replace(/\.ts$/, '')
    return [name, { types: `${stem}.d.ts`, default: `${stem}.js` }] as const
  })
  return build(folder, {
    project: 'client.tsconfig.json',
    copies: { 'scripts/packages/client.md': 'README.md' },
    manifest: { ...manifest, version: project.version, exports: Object.fromEntries(built) },
  })
}

if (import.meta.main) console.log(await buildClient(join(root, 'dist')))
