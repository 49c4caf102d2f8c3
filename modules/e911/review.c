/*
 * e911: what is to be expected of a call at a destination
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "branch.h"
#include "identity.h"
#include "review.h"
#include "settings.h"
#include "utf8.h"

#define DATAGRAM_SAFE 1300 /* RFC 3261 18.1.1 */

typedef struct subject
{
	const e911_call_t *call;
	const e911_profile_t *p;
	const e911_location_t *l; /* NULL: none goes */
	int form;
	int size;
} subject_t;

/* 1: there is something to say of it, what there is in detail */
typedef int (*check_f)(const subject_t *s, e911_strbuf_t *detail);

static int has_place(const subject_t *s)
{
	return s->form != E911_CONVEY_NONE;
}

/* of an ELIN, and of a token, the provider knows the address */
static int is_sent(const subject_t *s)
{
	return s->l
		   && (s->form == E911_CONVEY_VALUE || s->form == E911_CONVEY_REFERENCE
				   || s->form == E911_CONVEY_BOTH);
}

static int is_nowhere(const subject_t *s, e911_strbuf_t *detail)
{
	return !has_place(s);
}

static int is_default(const subject_t *s, e911_strbuf_t *detail)
{
	return is_sent(s) && s->l->origin == E911_FROM_SITE;
}

static int lacks_civic(const subject_t *s, e911_strbuf_t *detail)
{
	return is_sent(s) && s->p->needs_civic && !e911_location_has_civic(s->l);
}

static int lacks_verdict(const subject_t *s, e911_strbuf_t *detail)
{
	return is_sent(s) && s->p->needs_valid && s->l->verdict != E911_VALID
		   && s->l->verdict != E911_CORRECTED;
}

static int is_screened_by_method(const subject_t *s, e911_strbuf_t *detail)
{
	str method = STR_NULL, sent;

	if(!is_sent(s))
		return 0;
	e911_location_get(s->l, E911_F_METHOD, &method);
	if(e911_profile_is_direct(s->p, &method))
		return 0;
	sent = e911_profile_method(s->p, &method);
	e911_strbuf_put_str(detail, &sent);
	return 1;
}

static int lesser_form(const subject_t *s, e911_strbuf_t *detail)
{
	e911_strbuf_puts(detail, e911_conveyance_name(s->p->form[0]));
	return has_place(s) && s->form != s->p->form[0];
}

static int characters(const str *value)
{
	const unsigned char *u = (const unsigned char *)value->s;
	size_t len = (size_t)value->len, i = 0, n;
	int count = 0;

	while(i < len && (n = e911_utf8_char(u + i, len - i))) {
		i += n;
		count++;
	}
	return count;
}

static int is_cut(const subject_t *s, e911_strbuf_t *detail)
{
	int at = 0, id, limit, n = 0;
	str value;

	if(!is_sent(s))
		return 0;
	while((at = e911_location_next(s->l, at, &id, &value))) {
		limit = s->p->limit[id];
		if(limit == 0
				|| (limit != E911_LIMIT_DROP && characters(&value) <= limit))
			continue;
		if(n++)
			E911_STRBUF_LIT(detail, ",");
		e911_strbuf_put_str(detail, &e911_field(id)->name);
	}
	return n;
}

static int is_large(const subject_t *s, e911_strbuf_t *detail)
{
	e911_strbuf_put_num(detail, (unsigned long)s->size);
	return s->size > DATAGRAM_SAFE && s->call->carriage == E911_AS_WRITTEN
		   && e911_branch_is_udp(s->call);
}

static int lacks_uac(const subject_t *s, e911_strbuf_t *detail)
{
	return (s->p->from[0] > E911_IDENTITY_NONE || s->p->to)
		   && !e911_identity_bound();
}

static int lacks_provider(const subject_t *s, e911_strbuf_t *detail)
{
	return s->p->data && e911_settings()->provider.name[0] == '\0';
}

static int lacks_elin(const subject_t *s, e911_strbuf_t *detail)
{
	return s->form == E911_CONVEY_ELIN && s->call->elin.len == 0;
}

static int is_assumed(const subject_t *s, e911_strbuf_t *detail)
{
	return s->p->assumed;
}

/* clang-format off */
static const struct check
{
	check_f is;
	int screens; /* the call goes to a screening centre then */
	const char *text;
} checks[] = {
	{is_nowhere, 1, "no location goes"},
	{is_default, 1, "only the site's default location is known"},
	{lacks_civic, 1, "no civic address, and the provider takes no other"},
	{lacks_verdict, 1, "the address is not validated"},
	{is_screened_by_method, 1, "the provider screens this method"},
	{lacks_elin, 1, "no ELIN and no number of the site"},
	{lesser_form, 0, "not by the form the profile has first"},
	{is_cut, 0, "fields cut or left out"},
	{is_large, 0, "larger than is safe in a UDP datagram"},
	{lacks_uac, 0, "From and To stay: module uac is not loaded"},
	{lacks_provider, 0, "no additional data: no parameter provider"},
	{is_assumed, 0, "an assumption: ask the provider"},
};
/* clang-format on */

static void put_warning(
		e911_strbuf_t *b, const char *text, const e911_strbuf_t *detail)
{
	if(b->len)
		E911_STRBUF_LIT(b, "; ");
	e911_strbuf_puts(b, text);
	if(detail->len == 0 || detail->err)
		return;
	E911_STRBUF_LIT(b, " (");
	e911_strbuf_put(b, detail->s, detail->len);
	E911_STRBUF_LIT(b, ")");
}

int e911_review(const e911_call_t *call, int size, e911_strbuf_t *warnings)
{
	subject_t s = {call, e911_branch_profile(call), e911_branch_location(call),
			e911_branch_form(call), size};
	e911_strbuf_t detail;
	int direct = 1;
	char mem[128];
	size_t i;

	for(i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		e911_strbuf_init(&detail, mem, sizeof(mem));
		if(!checks[i].is(&s, &detail))
			continue;
		direct &= !checks[i].screens;
		put_warning(warnings, checks[i].text, &detail);
	}
	return direct;
}
