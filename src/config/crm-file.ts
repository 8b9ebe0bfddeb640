import { z } from 'zod'
import type { CrmFields, CrmSignature, CrmSource } from '../crm/crm-source.ts'
import { entriesIn, hookName, isWebhookSecret, plainUrl, variableName, webhookSecretRemedy } from './file-entries.ts'
import { jsonFileOf } from './json-file.ts'
import { Secret } from './secret.ts'
import type { SettingReader } from './setting-reader.ts'

/** A source whose secrets are not printed. */
export interface CrmSettings extends Omit<CrmSource, 'secrets'> {
  readonly secrets: readonly Secret[]
}

const field = z
  .string('must be text')
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}(\.[A-Za-z_][A-Za-z0-9_]{0,63}){0,4}$/, 'must be a field, as in account.id')
const value = z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false')

const entry = z.strictObject({
  source: hookName,
  signature: z.enum(['standard', 'hubspot-v3'], 'must be standard or hubspot-v3'),
  url: plainUrl.optional(),
  secretVariable: variableName,
  formerSecretVariable: variableName.optional(),
  account: field.optional(),
  tag: field.optional(),
  at: field.optional(),
  event: field.optional(),
  only: z.record(field, z.array(value).min(1, 'must have a value'), 'must be fields with lists of values').optional(),
  tags: z
    .record(z.string().max(200), z.enum(['standard', 'enterprise'], 'must be standard or enterprise'))
    .refine((tags) => Object.keys(tags).length > 0, 'must have a value'),
})
type Entry = z.infer<typeof entry>

const hubSpotFields: CrmFields = {
  account: 'objectId',
  tag: 'propertyValue',
  at: 'occurredAt',
  event: 'eventId',
}
const plainFields: CrmFields = { account: 'account', tag: 'tag', at: 'at', event: undefined }

const remedy =
  'write a list of {"source", "signature", "secretVariable", "tags", "url"?, "account"?, "tag"?, "at"?, "event"?, "only"?}, or leave CRM_HOOKS unset to take none'

/** The CRMs in the file of `CRM_HOOKS`; none when it is not set. The reader collects every fault of the file. */
export function crmSourcesOf(read: SettingReader): readonly CrmSettings[] {
  const file = jsonFileOf(read, 'CRM_HOOKS', remedy)
  if (file === undefined) return []
  const sources: CrmSettings[] = []
  const fault = (wrong: string, words: string) => read.fault('CRM_HOOKS', wrong, words)
  for (const { where, data } of entriesIn(read, 'CRM_HOOKS', file, { entry, remedy })) {
    if (data === undefined) continue
    const { source, tags, only = {} } = data
    if (sources.some(({ name }) => name === source)) fault(`has in ${where} a source that is there`, 'keep one of them')
    const signature = signatureOf(data)
    if (signature === undefined) {
      const words = 'set "url" to the address exactly as HubSpot has it, for its signature covers that'
      fault(`has no url in ${where}`, words)
    }
    const secrets = secretsOf(read, data, (wrong, words) => fault(`${wrong} in ${where}`, words))
    if (signature === undefined || secrets === undefined) continue
    sources.push({
      name: source,
      signature,
      secrets,
      fields: fieldsOf(data),
      only: Object.fromEntries(Object.entries(only).map(([name, values]) => [name, values.map(String)])),
      tags: new Map(Object.entries(tags)),
    })
  }
  return sources
}

function signatureOf({ signature, url }: Entry): CrmSignature | undefined {
  if (signature === 'standard') return { kind: 'standard' }
  return url === undefined ? undefined : { kind: signature, url }
}

function fieldsOf({ signature, account, tag, at, event }: Entry): CrmFields {
  const usual = signature === 'hubspot-v3' ? hubSpotFields : plainFields
  return {
    account: account ?? usual.account,
    tag: tag ?? usual.tag,
    at: at ?? usual.at,
    event: event ?? usual.event,
  }
}

function secretsOf(
  read: SettingReader,
  { signature, secretVariable, formerSecretVariable }: Entry,
  fault: (wrong: string, words: string) => void,
): readonly Secret[] | undefined {
  const isGood = signature === 'standard' ? isWebhookSecret : (text: string) => text.length >= 16
  const kind = signature === 'standard' ? 'no secret of a webhook' : 'too short for a client secret'
  const words =
    signature === 'standard'
      ? webhookSecretRemedy
      : "set it to the client secret of the app in HubSpot, which is on the app's page Auth"
  const secrets: Secret[] = []
  let isWhole = true
  for (const variable of [secretVariable, formerSecretVariable]) {
    if (variable === undefined) continue
    const secret = read.variable(variable)
    if (secret !== undefined && isGood(secret)) secrets.push(new Secret(secret))
    else {
      fault(`names ${variable}, which ${secret === undefined ? 'is not set' : `is ${kind}`},`, words)
      isWhole = false
    }
  }
  return isWhole ? secrets : undefined
}
