# Prints what bash offers for the last of the words, as `bash complete-in-bash.sh tenant-router moves r`.
set -eu
source <(tenant-router completion bash)
# A second time, as a ~/.bashrc does that is loaded anew.
source <(tenant-router completion bash)
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
"$(complete -p tenant-router | sed 's/.*-F \([^ ]*\).*/\1/')"
# The bash of macOS takes an empty array for one that is not set.
if [ ${#COMPREPLY[@]} -gt 0 ]; then printf '%s\n' "${COMPREPLY[@]}"; fi
