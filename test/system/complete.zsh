# complete.zsh FUNCTIONS LINE: prints what zsh offers for LINE when Tab is pressed at its end, with
# the completion functions of that folder. Needs no terminal: the line editor gets a pseudo one.
zmodload zsh/zpty || exit 1
functions_folder=$1
line=$2

zpty shell zsh -f -i
# Listings are printed between marks instead of being shown.
zpty -w shell "
PROMPT=
fpath=($functions_folder \$fpath)
autoload -U compinit && compinit -D -u
zstyle ':completion:*' list-colors
compadd() {
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd \"\$@\"
    return
  fi
  local -a found
  builtin compadd -O found \"\$@\"
  print -lr -- \"OFFERED:\$^found\"
  builtin compadd \"\$@\"
}
list() { zle complete-word; print; print DONE; }
zle -N list
bindkey '^I' list
print READY
"
zpty -r shell output '*READY*READY*' >/dev/null || exit 1
zpty -w -n shell "$line"$'\t'
zpty -r shell output '*DONE*' || exit 1
print -r -- "$output" | tr -d '\r' | sed -n 's/^.*OFFERED://p'
zpty -d shell
