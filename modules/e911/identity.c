/*
 * e911: From and To as a destination is to see them
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "../../core/data_lump.h"
#include "../../core/route.h"
#include "../../core/mem/mem.h"
#include "../../core/parser/parse_from.h"
#include "../../core/parser/parse_to.h"
#include "../uac/api.h"
#include "identity.h"
#include "err.h"
#include "headers.h"

static uac_api_t uac; /* replace_from NULL: the module is not there */

int e911_identity_init(void)
{
	if(find_export("bind_uac", 1, 0) == NULL || load_uac_api(&uac) < 0) {
		memset(&uac, 0, sizeof(uac));
		return E911_ERR_NONE;
	}
	return E911_OK;
}

int e911_identity_bound(void)
{
	return uac.replace_from != NULL;
}

static int replace_text(sip_msg_t *msg, const str *old, const str *uri)
{
	struct lump *l = del_lump(msg, (int)(old->s - msg->buf), old->len, 0);
	char *mem = l ? pkg_malloc(uri->len) : NULL;

	if(mem)
		memcpy(mem, uri->s, uri->len);
	if(mem && insert_new_lump_after(l, mem, uri->len, 0))
		return E911_OK;
	if(mem)
		pkg_free(mem);
	if(l)
		l->len = 0;
	return E911_ERR_MEM;
}

/* two edits of one URI would make one of both */
static int is_edited(const sip_msg_t *msg, const str *uri)
{
	const int at = (int)(uri->s - msg->buf);
	const struct lump *l;

	for(l = msg->add_rm; l; l = l->next)
		if(l->op == LUMP_DEL && l->u.offset < at + uri->len
				&& l->u.offset + (int)l->len > at)
			return 1;
	return 0;
}

typedef int (*replace_f)(sip_msg_t *msg, str *name, str *uri);

static int replace(sip_msg_t *msg, replace_f by_uac, const struct to_body *old,
		const str *uri, int lasting)
{
	str copy = *uri;
	int type = get_route_type(), err;

	if(is_edited(msg, &old->uri))
		return E911_ERR_TWICE;
	if(!lasting)
		return replace_text(msg, &old->uri, uri);
	if(by_uac == NULL)
		return E911_ERR_NONE;
	/* uac takes one change a message elsewhere: here each branch has its own */
	set_route_type(BRANCH_ROUTE);
	err = by_uac(msg, NULL, &copy) < 0 ? E911_ERR_MEM : E911_OK;
	set_route_type(type);
	return err;
}

int e911_identity_from(sip_msg_t *msg, const str *uri, int lasting)
{
	if(e911_headers(msg, HDR_FROM_F) < 0 || msg->from == NULL
			|| parse_from_header(msg) < 0)
		return E911_ERR_SYNTAX;
	return replace(msg, uac.replace_from, get_from(msg), uri, lasting);
}

int e911_identity_to(sip_msg_t *msg, const str *uri, int lasting)
{
	if(e911_headers(msg, HDR_TO_F) < 0 || msg->to == NULL
			|| parse_to_header(msg) < 0)
		return E911_ERR_SYNTAX;
	return replace(msg, uac.replace_to, get_to(msg), uri, lasting);
}
