import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Installed {
  readonly name: string
  readonly version: string
  readonly folder: string
  readonly manifest: Readonly<Record<string, unknown>>
}

export interface InstalledRegistry extends AsyncDisposable {
  readonly url: string
}

/**
 * An npm registry of what this project has installed, for `npm install` without a network: a name has the versions in
 * `node_modules`, and a tarball is packed when it is asked for.
 */
export async function installedRegistry(): Promise<InstalledRegistry> {
  const packages = new Map<string, Installed[]>()
  for (const one of await installedIn(fileURLToPath(new URL('../../node_modules', import.meta.url)))) {
    packages.set(one.name, [...(packages.get(one.name) ?? []), one])
  }
  const server = createServer((request, response) => {
    const [name = '', version] = decodeURIComponent(request.url?.slice(1) ?? '').split('/-/')
    const versions = packages.get(name)
    if (versions === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not installed here"}')
    } else if (version === undefined) {
      const body = JSON.stringify(packument(name, versions, `http://${request.headers.host}`))
      response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    } else {
      const folder = versions.find((one) => `${one.version}.tgz` === version)?.folder ?? ''
      const [parent, own] = [dirname(folder), basename(folder)]
      const tar = spawn('tar', ['-cf', '-', '--exclude', `${own}/node_modules`, '-C', parent, own])
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      tar.stdout.pipe(response)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function packument(name: string, versions: readonly Installed[], url: string): object {
  return {
    name,
    'dist-tags': { latest: versions[0]?.version },
    versions: Object.fromEntries(
      versions.map(({ version, manifest }) => [
        version,
        { ...manifest, dist: { tarball: `${url}/${encodeURIComponent(name)}/-/${version}.tgz` } },
      ]),
    ),
  }
}

/** Every package below a `node_modules`, those of its own first. */
async function installedIn(modules: string): Promise<readonly Installed[]> {
  const names = (await foldersIn(modules)).filter((name) => !name.startsWith('.'))
  const folders = await Promise.all(
    names.map(async (name) =>
      name.startsWith('@') ? (await foldersIn(join(modules, name))).map((one) => join(name, one)) : [name],
    ),
  )
  const found = await Promise.all(
    folders.flat().map(async (name): Promise<readonly Installed[]> => {
      const folder = join(modules, name)
      const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined)
      if (text === undefined) return []
      const manifest = JSON.parse(text)
      return [
        { name, version: manifest.version, folder, manifest },
        ...(await installedIn(join(folder, 'node_modules'))),
      ]
    }),
  )
  return found.flat()
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((one) => one.isDirectory()).map((one) => one.name)
}
