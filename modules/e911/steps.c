/*
 * e911: who is asked whether an address is right
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "err.h"
#include "row.h"
#include "steps.h"

static const char *const kinds[] = {"msag", "lost", "rest", NULL};

static int is_twice(const e911_steps_t *s)
{
	int i, last = s->n;

	for(i = 0; i < last; i++)
		if(s->step[i].kind == s->step[last].kind
				&& strcmp(s->step[i].name, s->step[last].name) == 0)
			return 1;
	return 0;
}

static int add(e911_steps_t *s, const str *item)
{
	const char *colon = memchr(item->s, ':', (size_t)item->len);
	str kind = *item, name = {item->s + item->len, 0};
	int err = E911_OK;

	if(s->n == E911_STEPS_MAX)
		return E911_ERR_FULL;
	if(colon) {
		kind.len = (int)(colon - item->s);
		name.s = kind.s + kind.len + 1;
		name.len = item->len - kind.len - 1;
	}
	s->step[s->n].kind = e911_row_word(kinds, &kind);
	if(s->step[s->n].kind < 0
			|| (s->step[s->n].kind == E911_STEP_MSAG) != (colon == NULL))
		return E911_ERR_VALUE;
	s->step[s->n].name[0] = '\0';
	if(colon)
		err = e911_row_text(s->step[s->n].name, E911_STEP_NAME_MAX, &name);
	if(!err && is_twice(s))
		err = E911_ERR_TWICE;
	s->n += !err;
	return err;
}

int e911_steps_read(e911_steps_t *steps, const str *value)
{
	e911_steps_t read = {0};
	str rest = *value, item;
	int err = E911_OK;

	while(!err && e911_row_item(&rest, &item))
		err = add(&read, &item);
	if(!err)
		*steps = read;
	return err;
}

void e911_steps_write(e911_strbuf_t *b, const e911_steps_t *steps)
{
	int i;

	for(i = 0; i < steps->n; i++) {
		if(i)
			E911_STRBUF_LIT(b, ",");
		e911_strbuf_puts(b, kinds[steps->step[i].kind]);
		if(steps->step[i].name[0])
			E911_STRBUF_LIT(b, ":");
		e911_strbuf_puts(b, steps->step[i].name);
	}
}
