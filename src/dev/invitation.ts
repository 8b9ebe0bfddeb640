import type { SampleTenant } from './samples.ts'

/** Samples whose documents the printed example uses: the first of them. */
export const invited = 1

/** Short enough for a line; the document of the first sample's first question answers it too. */
const question = 'I rode my bike for 120 km. Can I still return it?'

export interface InvitationInput {
  readonly publicUrl: string
  readonly adminUrl: string
  readonly folder: string
  readonly samples: readonly SampleTenant[]
  /** Whether sample documents are still being loaded. */
  readonly isLoading: boolean
}

/** The default of the command line, which then needs no variable: the folder says where the service answers. */
const usualFolder = '.data'

/** The first screen of `npm start`: where everything is, and three calls to paste, none with a token in it. */
export function invitation({ publicUrl, adminUrl, folder, samples, isLoading }: InvitationInput): string {
  const [sample] = samples
  if (sample === undefined) throw new Error('examples/ is empty')
  const data = folder === usualFolder ? '' : `DATA_DIR=${quoted(folder)} `
  const call = (path: string, body: object) =>
    `  curl -s ${publicUrl}${path} -H "Authorization: Bearer $TOKEN" -H content-type:application/json -d ${quoted(JSON.stringify(body))}`
  return [
    'tenant-router is ready.',
    '',
    `  Console   ${adminUrl}/console   (one click signs you in)`,
    `  Apps      ${publicUrl}/docs`,
    `  Staff     ${adminUrl}/docs`,
    `  Data      ${folder}`,
    '',
    `In another terminal, as ${sample.name}’s app, and then as the platform team:`,
    '',
    `  export TOKEN=$(${data}npm run -s cli -- token --tenant ${sample.id})`,
    call('/answer', { question }),
    call('/retrieve', { query: question, topK: 1 }),
    `  ${data}npm run -s cli -- promote ${sample.id} --yes`,
    '',
    `Ctrl-C stops everything.${isLoading ? ' More sample documents are being loaded.' : ''}`,
  ].join('\n')
}

/** Quotes text for a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
