export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

/*
 * Each script asks the program itself, by its hidden verb `complete`, which prints a candidate a line with its
 * description after a tab, or `:files`. So the scripts need not be made anew when a verb is added.
 */
const bash = `# tenant-router for bash (3.2 and newer); needs no bash-completion
_tenant_router() {
  local line cur="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ":files" ]; then
      compopt -o filenames 2>/dev/null || :
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(tenant-router complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tenant_router tenant-router
`

const zsh = `#compdef tenant-router
_tenant-router() {
  local -a described
  local line
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then _files; return; fi
    described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(tenant-router complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe -V 'tenant-router' described
}
if [[ $funcstack[1] == '_tenant-router' ]]; then _tenant-router "$@"; else compdef _tenant-router tenant-router; fi
`

const fish = `function __tenant_router_complete
  set -l words (commandline -opc)
  set -l found (tenant-router complete -- $words[2..-1] (commandline -ct | string collect --allow-empty) 2>/dev/null)
  if test "$found[1]" = ':files'
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c tenant-router -f -k -a '(__tenant_router_complete)'
`

/** The script that a shell loads to complete the words of the program. */
export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish }
