import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { architecturePicture } from './architecture.ts'
import { deploymentPicture } from './deployment.ts'
import { type FrontierCurves, frontierPicture } from './frontier.ts'
import { movePicture } from './move.ts'
import { recordingPicture } from './recording.ts'
import { requestPicture } from './request.ts'

const folder = join(import.meta.dirname, '../../docs/pictures')

/** Every picture of the docs by file name; `node scripts/pictures/main.ts` generates them. */
async function pictures(): Promise<Readonly<Record<string, string>>> {
  return {
    'architecture.svg': architecturePicture(),
    'deployment.svg': deploymentPicture(),
    'move.svg': movePicture(),
    'request.svg': requestPicture(),
    ...(await recordings()),
    ...(await frontier()),
  }
}

/** The curves of the newest `npm run bench -- frontier --write`. */
async function frontier(): Promise<Readonly<Record<string, string>>> {
  const lines = await readFile(join(import.meta.dirname, '../../bench/results.jsonl'), 'utf8')
  const line = lines.split('\n').find((text) => text.startsWith('{"bench":"frontier"'))
  if (line === undefined) return {}
  const { curves, machine } = JSON.parse(line) as { curves: FrontierCurves; machine: string }
  return { 'frontier.svg': frontierPicture(curves, machine) }
}

/** One picture for each recording of `record.ts`. */
async function recordings(): Promise<Readonly<Record<string, string>>> {
  const casts = (await readdir(folder)).filter((name) => name.endsWith('.cast')).sort()
  const made = await Promise.all(
    casts.map(async (cast) => [
      cast.replace(/\.cast$/, '.svg'),
      recordingPicture(await readFile(join(folder, cast), 'utf8')),
    ]),
  )
  return Object.fromEntries(made)
}

/** Pictures that differ from what their scripts generate now. */
export async function checkPictures(): Promise<string[]> {
  const made = Object.entries(await pictures())
  const kept = await Promise.all(made.map(([name]) => readFile(join(folder, name), 'utf8').catch(() => '')))
  return made.flatMap(([name, svg], at) =>
    svg === kept[at] ? [] : [`docs/pictures/${name} is old: run \`node scripts/pictures/main.ts\`, and look at it`],
  )
}

if (import.meta.main) {
  const made = Object.entries(await pictures())
  await Promise.all(made.map(([name, svg]) => writeFile(join(folder, name), svg)))
}
