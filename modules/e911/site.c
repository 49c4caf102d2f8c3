/*
 * e911: a site: agents under one policy
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "../../core/mem/shm_mem.h"
#include "site.h"
#include "aor.h"
#include "row.h"
#include "err.h"

#define SET_MAX 0x7fffffff

enum kind
{
	KIND_TEXT,
	KIND_COUNTRY,
	KIND_SET
};

struct e911_sites
{
	int n; /* site[0] is everybody's */
	e911_site_t *site[E911_SITES_MAX];
};

/* clang-format off */
static const struct column
{
	const char *name;
	unsigned char kind;
	unsigned short offset;
	unsigned short size;
} columns[] = {
	{"name", KIND_TEXT, offsetof(e911_site_t, name), E911_SITE_NAME_MAX},
	{"domain", KIND_TEXT, offsetof(e911_site_t, domains), 512},
	{"off", KIND_TEXT, offsetof(e911_site_t, off), 128},
	{"country", KIND_COUNTRY, offsetof(e911_site_t, country), 3},
	{"set", KIND_SET, offsetof(e911_site_t, set), 0},
	{"last", KIND_SET, offsetof(e911_site_t, last), 0},
};
/* clang-format on */

static int is(const str *s, const char *z)
{
	return strlen(z) == (size_t)s->len && memcmp(s->s, z, s->len) == 0;
}

static e911_site_t *new_site(void)
{
	e911_site_t *site = shm_mallocxz(sizeof(*site));

	if(site == NULL)
		return NULL;
	site->set = 1;
	e911_location_init(&site->fallback, E911_FROM_SITE, 0);
	return site;
}

int e911_sites_new(e911_sites_t **sites)
{
	e911_sites_t *s = shm_mallocxz(sizeof(*s));

	if(s == NULL)
		return E911_ERR_MEM;
	s->site[0] = new_site();
	if(s->site[0] == NULL) {
		shm_free(s);
		return E911_ERR_MEM;
	}
	strcpy(s->site[0]->name, "default");
	s->n = 1;
	*sites = s;
	return E911_OK;
}

void e911_sites_free(e911_sites_t *sites)
{
	int i;

	if(sites == NULL)
		return;
	for(i = 0; i < sites->n; i++)
		shm_free(sites->site[i]);
	shm_free(sites);
}

static int put_text(char *to, size_t size, const str *value)
{
	if((size_t)value->len >= size)
		return E911_ERR_LONG;
	memcpy(to, value->s, value->len);
	to[value->len] = '\0';
	return value->len ? E911_OK : E911_ERR_VALUE;
}

/* the default location says by its method that nobody stated it, RFC 6881
 * SP-22 */
static int put_field(e911_site_t *site, const str *key, const str *value)
{
	int id = e911_field_find(key->s, key->len), err = E911_OK;

	if(id < 0)
		return id;
	if(!site->has_fallback)
		err = e911_location_set(&site->fallback, E911_F_METHOD, "Default", 7);
	site->has_fallback = 1;
	return err ? err
			   : e911_location_set(&site->fallback, id, value->s, value->len);
}

/* a site's country is that of its default location too */
static int put_country(e911_site_t *site, const str *value)
{
	str country;
	int err = e911_location_set(
			&site->fallback, E911_F_COUNTRY, value->s, value->len);

	if(err)
		return err;
	if(e911_location_get(&site->fallback, E911_F_COUNTRY, &country))
		return E911_ERR_VALUE;
	return put_text(site->country, sizeof(site->country), &country);
}

static int put_column(
		e911_site_t *site, const struct column *c, const str *value)
{
	char *to = (char *)site + c->offset;

	switch(c->kind) {
		case KIND_SET:
			return e911_row_number(value, SET_MAX, (int *)to);
		case KIND_COUNTRY:
			return put_country(site, value);
	}
	return put_text(to, c->size, value);
}

/* given: the columns so far, as bits */
static int put(e911_site_t *site, const str *key, const str *value,
		unsigned int *given)
{
	size_t i;

	for(i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		if(!is(key, columns[i].name))
			continue;
		if(*given & 1u << i)
			return E911_ERR_TWICE;
		*given |= 1u << i;
		return put_column(site, &columns[i], value);
	}
	return put_field(site, key, value);
}

static int fill(e911_site_t *site, const str *row, str *bad)
{
	str rest = *row, value;
	unsigned int given = 0;
	int err, got, field;

	while((got = e911_row_next(&rest, bad, &value)) == 1) {
		err = put(site, bad, &value, &given);
		if(err)
			return err;
	}
	if(got < 0)
		return got;
	*bad = *row;
	if(site->name[0] == '\0')
		return E911_ERR_EMPTY;
	return site->has_fallback ? e911_location_check(&site->fallback, &field)
							  : E911_OK;
}

static int place(e911_sites_t *sites, e911_site_t *site)
{
	if(site->domains[0] == '\0') {
		shm_free(sites->site[0]);
		sites->site[0] = site;
		return E911_OK;
	}
	if(sites->n == E911_SITES_MAX)
		return E911_ERR_FULL;
	sites->site[sites->n++] = site;
	return E911_OK;
}

int e911_sites_add(e911_sites_t *sites, const str *row, str *bad)
{
	e911_site_t *site = new_site();
	int err;

	*bad = *row;
	if(site == NULL)
		return E911_ERR_MEM;
	err = fill(site, row, bad);
	if(!err)
		err = place(sites, site);
	if(err)
		shm_free(site);
	return err;
}

static int has_domain(const e911_site_t *site, const str *host)
{
	str list = {(char *)site->domains, (int)strlen(site->domains)}, item;

	while(e911_row_item(&list, &item))
		if(item.len == host->len
				&& strncasecmp(item.s, host->s, host->len) == 0)
			return 1;
	return 0;
}

const e911_site_t *e911_sites_find(const e911_sites_t *sites, const str *aor)
{
	str host;
	int i;

	e911_aor_host(aor, &host);
	for(i = 1; i < sites->n; i++)
		if(has_domain(sites->site[i], &host))
			return sites->site[i];
	return sites->site[0];
}

const e911_site_t *e911_sites_nth(const e911_sites_t *sites, int index)
{
	return index >= 0 && index < sites->n ? sites->site[index] : NULL;
}
