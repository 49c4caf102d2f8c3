/*
 * e911: the one way a location changes
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../../core/dprint.h"
#include "aor.h"
#include "cache.h"
#include "err.h"
#include "hash.h"
#include "provision.h"
#include "stats.h"

typedef struct e911_key
{
	str aor;
	str contact;
	char aor_mem[E911_AOR_MAX];
	char contact_mem[E911_CONTACT_MAX];
} e911_key_t;

static int read_key(e911_key_t *key, const str *aor, const str *contact)
{
	int err = e911_aor_normal(aor, key->aor_mem, &key->aor);

	key->contact.s = key->contact_mem;
	key->contact.len = 0;
	if(err || contact == NULL || contact->len == 0)
		return err;
	return e911_aor_contact(contact, key->contact_mem, &key->contact);
}

static void report(const e911_key_t *key, const char *what, const char *how)
{
	LM_INFO("location of %016llx, device %016llx: %s, %s\n",
			(unsigned long long)e911_hash(key->aor.s, key->aor.len),
			(unsigned long long)e911_hash(key->contact.s, key->contact.len),
			what, how);
}

int e911_provision_set(
		const str *aor, const str *contact, const e911_location_t *l)
{
	e911_key_t key;
	int err = read_key(&key, aor, contact);

	if(!err)
		err = e911_cache_put(&key.aor, &key.contact, l);
	if(err) {
		e911_stats_count(E911_STAT_REFUSED);
		return err;
	}
	e911_stats_count(E911_STAT_SET);
	report(&key, "stated", e911_origin_name(l->origin));
	return E911_OK;
}

int e911_provision_del(const str *aor, const str *contact, int *n)
{
	e911_key_t key;
	int i, count, err = read_key(&key, aor, contact);

	if(err)
		return err;
	count = e911_cache_del(&key.aor, contact ? &key.contact : NULL);
	for(i = 0; i < count; i++)
		e911_stats_count(E911_STAT_DELETED);
	if(count)
		report(&key, "deleted", "by request");
	*n = count;
	return E911_OK;
}
