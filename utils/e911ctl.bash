# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion of e911ctl; the words are those of its own list.

_e911ctl()
{
	local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} words
	[[ $program == e911ctl ]] && program=${E911CTL:-e911ctl}
	words=$("$program" --complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" \
		2>/dev/null) || return
	COMPREPLY=($(compgen -W "$words" -- "$current"))
	# a path, where the command has no word of its own to offer
	[[ ${#COMPREPLY[@]} -gt 0 || $current == -* ]] \
		|| COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _e911ctl e911ctl
