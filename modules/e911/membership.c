/*
 * e911: whose site a message is under
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../core/pvar.h"
#include "membership.h"
#include "settings.h"
#include "err.h"

static pv_spec_t *site_var;
static pv_spec_t *attribute_var;

static int read_var(const str *name, pv_spec_t **var)
{
	if(name->len == 0)
		return E911_OK;
	*var = pv_cache_get((str *)name);
	return *var ? E911_OK : E911_ERR_SYNTAX;
}

int e911_membership_init(const str *site, const str *attribute)
{
	int err = read_var(site, &site_var);

	return err ? err : read_var(attribute, &attribute_var);
}

static int value_of(sip_msg_t *msg, pv_spec_t *var, str *value)
{
	pv_value_t v;

	if(var == NULL || pv_get_spec_value(msg, var, &v) < 0
			|| (v.flags & PV_VAL_NULL) || !(v.flags & PV_VAL_STR)
			|| v.rs.len <= 0)
		return 0;
	*value = v.rs;
	return 1;
}

const e911_site_t *e911_membership(sip_msg_t *msg, const str *aor, int *said)
{
	const e911_sites_t *sites = e911_settings()->sites;
	const e911_site_t *site = NULL;
	str value;

	*said = 1;
	if(value_of(msg, site_var, &value))
		site = e911_sites_named(sites, &value);
	if(site)
		return site;
	*said = value_of(msg, attribute_var, &value);
	return e911_sites_find(sites, aor, *said ? &value : NULL);
}
