import { Command } from 'commander'
import metadata from '../../package.json' with { type: 'json' }
import { indexesAdopt } from './commands/adopt/indexes-adopt.ts'
import { indexesSeal } from './commands/adopt/indexes-seal.ts'
import { tenantsAdopt } from './commands/adopt/tenants-adopt.ts'
import { tenantsFields } from './commands/adopt/tenants-fields.ts'
import { tenantsInventory } from './commands/adopt/tenants-inventory.ts'
import { adviseCommand } from './commands/advise.ts'
import { approvalsApprove, approvalsList, approvalsReject, approvalsShow } from './commands/approvals/approvals.ts'
import { attributesSet, attributesShow, attributesUnset } from './commands/attributes/attributes.ts'
import { auditExport } from './commands/audit/export.ts'
import { auditList } from './commands/audit/list.ts'
import { auditVerify } from './commands/audit/verify.ts'
import { demote } from './commands/demote.ts'
import { doctor } from './commands/doctor.ts'
import { documentsDelete, documentsList, documentsShow, documentsUpload } from './commands/documents/documents.ts'
import { evaluation } from './commands/eval.ts'
import { importsList, importsShow } from './commands/imports/imports.ts'
import { indexesAdd } from './commands/indexes-add.ts'
import { indexesList } from './commands/indexes-list.ts'
import { indexesReopen } from './commands/indexes-reopen.ts'
import { proveIsolationList } from './commands/isolation/list.ts'
import { proveIsolationRun } from './commands/isolation/prove.ts'
import { proveIsolationShow } from './commands/isolation/show.ts'
import { proveIsolationThaw } from './commands/isolation/thaw.ts'
import { proveIsolationVerify } from './commands/isolation/verify.ts'
import { keysCreate } from './commands/keys/keys-create.ts'
import { keysList } from './commands/keys/keys-list.ts'
import { keysRevoke } from './commands/keys/keys-revoke.ts'
import { keysRotate } from './commands/keys/keys-rotate.ts'
import { limitsClear, limitsSet, limitsShow } from './commands/limits/limits.ts'
import { migrateCommand } from './commands/migrate.ts'
import { reembed } from './commands/models/reembed.ts'
import { movesCancel } from './commands/moves-cancel.ts'
import { movesComplete } from './commands/moves-complete.ts'
import { movesList } from './commands/moves-list.ts'
import { movesPause } from './commands/moves-pause.ts'
import { movesResume } from './commands/moves-resume.ts'
import { movesRollback } from './commands/moves-rollback.ts'
import { movesShow } from './commands/moves-show.ts'
import { movesWatch } from './commands/moves-watch.ts'
import { noticesList, noticesResend } from './commands/notices/notices.ts'
import { promoteCommand } from './commands/promote.ts'
import { rebalance } from './commands/rebalance.ts'
import { reconcile } from './commands/reconcile/reconcile.ts'
import { relocate } from './commands/relocate/relocate.ts'
import { serve } from './commands/serve.ts'
import { tenantsImport } from './commands/tenants/import.ts'
import { tenantsReceipt, tenantsVerifyReceipt } from './commands/tenants/receipt.ts'
import { tenantsUndoImport } from './commands/tenants/undo-import.ts'
import { tenantsCreate } from './commands/tenants-create.ts'
import { tenantsList } from './commands/tenants-list.ts'
import { tenantsOffboard } from './commands/tenants-offboard.ts'
import { tenantsResume } from './commands/tenants-resume.ts'
import { tenantsShow } from './commands/tenants-show.ts'
import { tenantsSuspend } from './commands/tenants-suspend.ts'
import { tenantsTag } from './commands/tenants-tag.ts'
import { token } from './commands/token.ts'
import { costs } from './commands/usage/costs.ts'
import { usageCommand } from './commands/usage/usage.ts'
import { completeCommand, completionCommand } from './completion/completion.ts'
import type { Context } from './kit/context.ts'

const after = `
Environment:
  TENANT_ROUTER_URL    the admin listener (that of "npm start" in DATA_DIR)
  TENANT_ROUTER_TOKEN  a staff token (on this machine, "npm start" stands in)
  DATA_DIR             where "npm start" keeps its data (.data)

Exit: 0 done, 1 failed, 2 wrong use, 3 refused by the server, 130 interrupted

Example:
  tenant-router tenants create acme-bikes --name "Acme Bikes" --yes`

type Verb = (context: Context) => Command

/** The whole command line. Commander throws instead of ending the process, so that `main.ts` sets the exit code. */
export function program(context: Context): Command {
  const noun = (name: string, summary: string, verbs: readonly Verb[]) =>
    add(new Command(name).description(summary), verbs, context)
  const root = new Command('tenant-router')
    .description(metadata.description)
    .version(metadata.version)
    .addHelpText('after', after)
    // A verb that has verbs of its own tells its options from theirs by where they stand.
    .enablePositionalOptions()
  root.addCommand(
    noun('tenants', 'onboard, tag, suspend and offboard tenants', [
      tenantsList,
      tenantsShow,
      tenantsCreate,
      tenantsTag,
      tenantsSuspend,
      tenantsResume,
      tenantsOffboard,
      tenantsReceipt,
      tenantsVerifyReceipt,
      tenantsImport,
      tenantsUndoImport,
      tenantsAdopt,
      tenantsFields,
      tenantsInventory,
    ]),
  )
  add(root, [promoteCommand, demote, rebalance, reembed, relocate, adviseCommand], context)
  root.addCommand(
    noun('moves', 'follow and steer moves', [
      movesList,
      movesShow,
      movesWatch,
      movesPause,
      movesResume,
      movesCancel,
      movesRollback,
      movesComplete,
    ]),
  )
  root.addCommand(noun('limits', 'limits of a tenant', [limitsShow, limitsSet, limitsClear]))
  root.addCommand(noun('attributes', 'what is known of a tenant', [attributesShow, attributesSet, attributesUnset]))
  root.addCommand(
    noun('documents', 'documents of a tenant, as its app sees them', [
      documentsList,
      documentsShow,
      documentsUpload,
      documentsDelete,
    ]),
  )
  root.addCommand(noun('imports', 'tables of tenants that were imported', [importsList, importsShow]))
  root.addCommand(
    noun('indexes', 'see and add indexes', [indexesList, indexesAdd, indexesReopen, indexesAdopt, indexesSeal]),
  )
  root.addCommand(noun('keys', 'keys of apps that cannot mint tokens', [keysList, keysCreate, keysRotate, keysRevoke]))
  root.addCommand(
    noun('approvals', 'decide what a second person has to approve', [
      approvalsList,
      approvalsShow,
      approvalsApprove,
      approvalsReject,
    ]),
  )
  root.addCommand(noun('notices', 'events that are sent to the hooks', [noticesList, noticesResend]))
  root.addCommand(noun('audit', 'see, keep and verify what was done', [auditList, auditExport, auditVerify]))
  const proving = noun('prove-isolation', 'prove that no tenant sees or changes another', [
    proveIsolationList,
    proveIsolationShow,
    proveIsolationThaw,
    proveIsolationVerify,
  ])
  root.addCommand(proving.addCommand(proveIsolationRun(context), { isDefault: true }))
  add(
    root,
    [usageCommand, costs, reconcile, evaluation, token, migrateCommand, doctor, serve, completionCommand],
    context,
  )
  root.addCommand(completeCommand(context, root), { hidden: true })
  prepare(root, context)
  return root
}

function add(parent: Command, verbs: readonly Verb[], context: Context): Command {
  for (const verb of verbs) parent.addCommand(verb(context))
  return parent
}

/** Makes every command throw, and print commands as called: what is added ready-made inherits no settings of the root. */
function prepare(command: Command, context: Context): void {
  command.exitOverride().showHelpAfterError('(see --help)')
  command.configureOutput({
    writeOut: (text) => process.stdout.write(context.asCalled(text)),
    writeErr: (text) => process.stderr.write(context.asCalled(text)),
  })
  for (const child of command.commands) prepare(child, context)
}
