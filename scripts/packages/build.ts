import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))
export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Package {
  /** A file of this folder: what the compiler makes of which entries. */
  readonly project: string
  /** From the root of the project → in the package: what goes along as it is. */
  readonly copies: Readonly<Record<string, string>>
  /** Its `package.json`. */
  readonly manifest: { readonly name: string; readonly [field: string]: unknown }
}

/**
 * Compiles a package into `<folder>/<name>`, and packs it. Returns the tarball's path.
 * @throws Error with the output of the compiler or of npm.
 */
export async function build(folder: string, { project, copies, manifest }: Package): Promise<string> {
  const out = join(folder, manifest.name)
  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  await command('node_modules/.bin/tsc', ['--project', join(here, project), '--outDir', out])
  for (const [from, to] of Object.entries({ LICENSE: 'LICENSE', ...copies })) {
    await mkdir(dirname(join(out, to)), { recursive: true })
    await copyFile(join(root, from), join(out, to))
  }
  await nameBuiltFiles(out)
  await refuseMissing(out)
  await writeFile(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  const packed = await command('npm', ['pack', out, '--pack-destination', folder, '--json'])
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }]
  return join(folder, filename)
}

/** The compiler renames what is imported; workers, programs of child processes and imports of types are left to us. */
async function nameBuiltFiles(out: string): Promise<void> {
  const files = await readdir(out, { recursive: true })
  for (const file of files.filter((one) => /\.(js|d\.ts)$/.test(one))) {
    const text = await readFile(join(out, file), 'utf8')
    await writeFile(join(out, file), text.replaceAll(/(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g, '$1$2.js$1'))
  }
}

/** The compiler carries along what is imported, and not what a thread or a child process begins with. */
async function refuseMissing(out: string): Promise<void> {
  const files = new Set(await readdir(out, { recursive: true }))
  for (const file of [...files].filter((one) => one.endsWith('.js'))) {
    const text = await readFile(join(out, file), 'utf8')
    for (const [, named = ''] of text.matchAll(/new URL\(['"](\.{1,2}\/[^'"]+\.js)['"], import\.meta\.url\)/g)) {
      if (files.has(join(dirname(file), named))) continue
      throw new Error(`${file} begins ${named}, which is not built: name its source in the files of the project`)
    }
  }
}

async function command(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(program, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 })).stdout
  } catch (fault) {
    const { stdout = '', stderr = '' } = fault as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${program} failed:\n${stdout}${stderr}`, { cause: fault })
  }
}
