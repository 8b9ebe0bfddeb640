import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Board, boards, type Panel } from './dashboards/panels.ts'

const folder = fileURLToPath(new URL('../deploy/grafana/', import.meta.url))
const source = { type: 'prometheus', uid: 'prometheus' }

/** Grafana's JSON for the dashboards, by file name. */
function files(): ReadonlyMap<string, string> {
  return new Map(boards.map((board) => [`${board.uid}.json`, `${JSON.stringify(dashboard(board), null, 2)}\n`]))
}

function dashboard({ uid, title, panels }: Board): object {
  return {
    uid,
    title,
    tags: ['tenant-router'],
    timezone: 'browser',
    schemaVersion: 41,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    panels: panels.map(panelAt),
  }
}

/** Two panels a row. */
function panelAt({ title, unit, queries, about }: Panel, at: number): object {
  return {
    id: at + 1,
    type: 'timeseries',
    title,
    ...(about !== undefined && { description: about }),
    datasource: source,
    gridPos: { h: 8, w: 12, x: (at % 2) * 12, y: Math.floor(at / 2) * 8 },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: Object.entries(queries).map(([legendFormat, expr], n) => ({
      refId: String.fromCharCode(65 + n),
      datasource: source,
      expr,
      legendFormat,
    })),
  }
}

/** Faults of the files: those that are not as the list of panels makes them. */
export async function checkDashboards(): Promise<readonly string[]> {
  const faults: string[] = []
  for (const [name, text] of files()) {
    const found = await readFile(join(folder, name), 'utf8').catch(() => '')
    if (found !== text) faults.push(`deploy/grafana/${name} is old: run node scripts/dashboards.ts`)
  }
  return faults
}

if (import.meta.main) for (const [name, text] of files()) await writeFile(join(folder, name), text)
