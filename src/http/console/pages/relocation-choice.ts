import { html } from 'hono/html'
import type { ProjectView } from '../../../tenants/list-projects.ts'
import type { Html } from '../kit/html.ts'
import type { Visit } from '../kit/visit.ts'
import { number } from '../parts/bits.ts'
import type { DeedChoice } from './deed-choice.ts'

/** The choice of a move to another place of the world: a region, a Pinecone project, or both. */
export const relocationChoice: DeedChoice = {
  fields: ['region', 'project'],
  async isOffered(visit) {
    const projects = await readProjects(visit)
    return projects.length > 1 || projects.some(({ regions, anyRegion }) => anyRegion || regions.length > 1)
  },
  isMade: ({ region, project }) => region !== undefined || project !== undefined,
  missing: 'Choose a region, a project, or both.',
  bodyOf: (chosen) => chosen,
  async form(visit, { region, project }) {
    const projects = await readProjects(visit)
    return html`<form method="get" class="card narrow">${regionField(projects, region)}
<label class="field">Project<select name="project"><option value="">Any that may hold it there</option>${projects.map(
      ({ name, regions, anyRegion, indexes, indexLimit }) =>
        html`<option value="${name}"${name === project ? html` selected` : ''}>${name} (${anyRegion ? 'any region' : regions.join(', ')}; ${number(indexes)} of ${number(indexLimit)} indexes)</option>`,
    )}</select></label>
<p class="deeds"><button>Show the plan</button></p></form>`
  },
}

/** A choice among the regions of the projects; where a project serves any, they are suggestions. */
function regionField(projects: readonly ProjectView[], chosen: string | undefined): Html {
  const regions = [...new Set(projects.flatMap((one) => one.regions))]
  const stay = 'as the tenant has it'
  if (projects.some(({ anyRegion }) => anyRegion)) {
    return html`<label class="field">Region <span class="quiet">(empty: ${stay})</span><input name="region" list="regions" maxlength="40" autocomplete="off" spellcheck="false" value="${chosen ?? ''}"></label><datalist id="regions">${regions.map((name) => html`<option value="${name}"></option>`)}</datalist>`
  }
  return html`<label class="field">Region<select name="region"><option value="">${stay}</option>${regions.map(
    (name) => html`<option value="${name}"${name === chosen ? html` selected` : ''}>${name}</option>`,
  )}</select></label>`
}

async function readProjects({ api }: Visit): Promise<readonly ProjectView[]> {
  return (await api.ask<{ readonly items: readonly ProjectView[] }>('GET /projects')).items
}
