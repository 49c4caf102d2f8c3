/*
 * e911: how one kind of destination wants the call
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <strings.h>
#include "profile.h"
#include "row.h"
#include "err.h"

static const char *const conveyances[] = {
		"none", "value", "reference", "both", "token", "elin", NULL};

int e911_profile_line(const char **headers, str *line)
{
	const char *s = *headers, *end;

	while(*s == ' ' || *s == '|')
		s++;
	end = strchr(s, '|');
	if(end == NULL)
		end = s + strlen(s);
	line->s = (char *)s;
	*headers = end;
	while(end > s && end[-1] == ' ')
		end--;
	line->len = (int)(end - s);
	return line->len > 0;
}

str e911_profile_method(const e911_profile_t *p, const str *method)
{
	str theirs = *method;
	int i;

	for(i = 0; i < p->methods; i++) {
		if(strlen(p->ours[i]) != (size_t)method->len
				|| strncasecmp(p->ours[i], method->s, method->len) != 0)
			continue;
		theirs.s = (char *)p->theirs[i];
		theirs.len = (int)strlen(theirs.s);
		return theirs;
	}
	return theirs;
}

int e911_profile_is_direct(const e911_profile_t *p, const str *method)
{
	str rest = {(char *)p->direct, (int)strlen(p->direct)}, item;
	str sent = e911_profile_method(p, method);

	while(e911_row_item(&rest, &item))
		if(e911_row_is(&item, "all")
				|| (item.len == sent.len
						&& memcmp(item.s, sent.s, sent.len) == 0))
			return 1;
	return 0;
}

int e911_conveyance_find(const str *name)
{
	return e911_row_word(conveyances, name);
}

const char *e911_conveyance_name(int conveyance)
{
	return conveyance >= 0 && conveyance <= E911_CONVEY_ELIN
				   ? conveyances[conveyance]
				   : "none";
}
