/*
 * e911: the link to the page
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include <time.h>
#include "../../core/cfg/cfg_struct.h"
#include "config.h"
#include "err.h"
#include "link.h"
#include "settings.h"
#include "token.h"

int e911_link_put(e911_strbuf_t *b, const e911_site_t *site, const str *aor,
		const str *contact)
{
	const e911_credential_t *key =
			e911_credentials_signer(e911_settings()->keys);
	e911_strbuf_t before = *b;
	int err;

	if(site->page[0] == '\0' || key == NULL)
		return E911_ERR_NONE;
	e911_strbuf_puts(b, site->page);
	/* the page may have a fragment of its own */
	e911_strbuf_puts(b, strchr(site->page, '#') ? "&token=" : "#token=");
	err = e911_token_write(b, key, aor, contact, time(NULL),
			cfg_get(e911, e911_cfg, token_life));
	if(err)
		*b = before;
	return err;
}

str e911_link_device(const e911_caller_t *caller, const e911_finding_t *f)
{
	static const str any = str_init("");

	if(f->found == E911_FOUND_DEVICE)
		return f->contact;
	return caller->device.n ? caller->device.name[0] : any;
}
