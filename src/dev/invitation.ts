import type { DevelopmentIssuer } from '../embedded/issuer.ts'
import type { SampleTenant } from './samples.ts'

/** Samples whose documents the printed examples use: the first of them. */
export const invited = 2

export interface InvitationInput {
  readonly issuer: Pick<DevelopmentIssuer, 'mint'>
  readonly publicUrl: string
  readonly adminUrl: string
  readonly folder: string
  readonly samples: readonly SampleTenant[]
}

/**
 * The text that `npm start` prints when it is ready: addresses, and examples to paste that show what the service does.
 */
export async function invitation(input: InvitationInput): Promise<string> {
  const [first, second] = input.samples
  if (first === undefined || second === undefined) throw new Error('examples/ has two tenants at least')
  const [firstToken, secondToken, platform] = await Promise.all([
    input.issuer.mint({ tenant: first.id }),
    input.issuer.mint({ tenant: second.id }),
    input.issuer.mint({ role: 'platform' }),
  ])
  const ask = (tenant: SampleTenant) => ({ query: tenant.questions[0]?.question ?? tenant.name, topK: 2 })
  const retrieve = `${input.publicUrl}/retrieve`
  const lines = [
    'tenant-router is ready.',
    '',
    `  for tenants' apps   ${input.publicUrl}      documentation ${input.publicUrl}/docs`,
    `  for staff           ${input.adminUrl}      documentation ${input.adminUrl}/docs`,
    `  data                ${input.folder}`,
    '',
    'To paste (the tokens are good for 12 hours; "npm run cli -- token --help" makes others):',
    '',
    `# ${first.name} asks`,
    curl(retrieve, firstToken, ask(first)),
    '',
    '# the same question answered, in sentences quoted from the documents (ANSWER_PROVIDER=openai has a model write it)',
    curl(`${input.publicUrl}/answer`, firstToken, { question: ask(first).query }),
    '',
    `# ${second.name} asks something of its own`,
    curl(retrieve, secondToken, ask(second)),
    '',
    `# ${second.name} tries to be ${first.name}: body, header and filter change nothing`,
    curl(
      retrieve,
      secondToken,
      { ...ask(first), tenant_id: first.id, index: 'tenant-router-pool-1' },
      `-H 'x-tenant-id: ${first.id}'`,
    ),
    '',
    '# staff lists the tenants',
    curl(`${input.adminUrl}/tenants`, platform),
    '',
    '# staff promotes one to an index of its own, and follows it',
    `npm run cli -- promote ${first.id}`,
    '',
    'Ctrl-C stops everything.',
  ]
  return lines.join('\n')
}

function curl(url: string, token: string, body?: object, more = ''): string {
  const parts = [`curl -s ${url}`, `-H 'authorization: Bearer ${token}'`, more]
  if (body !== undefined) parts.push(`-H 'content-type: application/json'`, `-d ${quoted(JSON.stringify(body))}`)
  return parts.filter((part) => part !== '').join(' ')
}

/** Quotes text for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
